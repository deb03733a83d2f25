import type { Language } from '../texts.ts';

export const spanish: Language = {
  'The assistant is not set up correctly. Please tell the operator of this service.':
    'El asistente no está bien configurado. Avise al responsable de este servicio.',
  'The model of the assistant is not available. Please tell the operator of this service.':
    'El modelo del asistente no está disponible. Avise al responsable de este servicio.',
  'This conversation has become too long for the assistant. Please start a new one.':
    'Esta conversación es demasiado larga para el asistente. Empiece una nueva.',
  'The assistant could not take this message. Please try to say it differently.':
    'El asistente no pudo aceptar este mensaje. Intente decirlo de otra manera.',
  'The assistant has used up its quota. Please tell the operator of this service.':
    'El asistente ha agotado su cuota. Avise al responsable de este servicio.',
  'The assistant is busy right now. Please try again in a moment.':
    'El asistente está ocupado. Inténtelo de nuevo en un momento.',
  'The assistant has a problem right now. Please try again.':
    'El asistente tiene un problema en este momento. Inténtelo de nuevo.',
  'The assistant took too long to answer. Please try again.':
    'El asistente tardó demasiado en responder. Inténtelo de nuevo.',
  'The assistant cannot be reached right now. Please try again.':
    'No se puede contactar con el asistente en este momento. Inténtelo de nuevo.',
  'The reply was cut off. Please try again.': 'La respuesta se interrumpió. Inténtelo de nuevo.',
  'The assistant gave an answer that cannot be used. Please try again.':
    'El asistente dio una respuesta que no se puede usar. Inténtelo de nuevo.',
  'The reply did not come to an end. Please try again.':
    'La respuesta no llegó a su fin. Inténtelo de nuevo.',
  'The assistant needed too many steps for this. Please ask for less at once.':
    'El asistente necesitaba demasiados pasos. Pida menos cosas a la vez.',
  'This conversation was stopped by a safety rule.': 'Una norma de seguridad ha detenido esta conversación.',
  'Something went wrong while the assistant answered. Please try again.':
    'Algo salió mal mientras el asistente respondía. Inténtelo de nuevo.',
  'The connection to the chat service was lost. Please try again.':
    'Se perdió la conexión con el servicio de chat. Inténtelo de nuevo.',
  'The chat service stopped answering. Please try again.':
    'El servicio de chat dejó de responder. Inténtelo de nuevo.',
  'The reply took too long. Please try again.': 'La respuesta tardó demasiado. Inténtelo de nuevo.',
  'The chat service gave an answer that cannot be shown.':
    'El servicio de chat dio una respuesta que no se puede mostrar.',
  'The chat service could not finish the reply. Please try again.':
    'El servicio de chat no pudo terminar la respuesta. Inténtelo de nuevo.',
  'The chat service gave no answer. Please try again.':
    'El servicio de chat no dio ninguna respuesta. Inténtelo de nuevo.',
  'The chat service did not accept your sign-in. Please sign in again.':
    'El servicio de chat no aceptó su sesión. Vuelva a iniciar sesión.',
  'You are not allowed to use this chat.': 'No tiene permiso para usar este chat.',
  'The chat service does not know this conversation.': 'El servicio de chat no conoce esta conversación.',
  'The chat service did not accept this message.': 'El servicio de chat no aceptó este mensaje.',
  'The assistant cannot be asked for this.': 'Al asistente no se le puede pedir esto.',
  'This conversation was deleted.': 'Esta conversación se ha eliminado.',
  'The service is restarting. Please try again in a moment.':
    'El servicio se está reiniciando. Inténtelo de nuevo en un momento.',
  'This step did not finish.': 'Este paso no terminó.',
  'Using {tool}': 'Usando {tool}',
  'Used {tool}': 'Se ha usado {tool}',
  'Searching the web': 'Buscando en la web',
  'Searched the web': 'Se ha buscado en la web',
  'Reading a page': 'Leyendo una página',
  'Read a page': 'Se ha leído una página',
  'Searching the files': 'Buscando en los archivos',
  'Searched the files': 'Se ha buscado en los archivos',
  'Running code': 'Ejecutando código',
  'Ran code': 'Código ejecutado',
  'This step failed.': 'Este paso ha fallado.',
  '{count} steps done': '{count} pasos hechos',
  '{failed} of {count} steps failed': '{failed} de {count} pasos fallaron',
  '{title} failed': '{title}: error',
  'Adding {task}': 'Añadiendo {task}',
  'Added {task}': 'Se añadió {task}',
  'Completing {task}': 'Completando {task}',
  'Completed {task}': 'Se completó {task}',
  'Deleting {task}': 'Eliminando {task}',
  'Deleted {task}': 'Se eliminó {task}',
  'Looking at the tasks': 'Mirando las tareas',
  'Looked at the tasks': 'Tareas consultadas',
  'a task': 'una tarea',
  'Showing the tasks': 'Mostrando las tareas',
  'Showed the tasks': 'Tareas mostradas',
  'Drawing a chart of the tasks': 'Dibujando un gráfico de las tareas',
  'Drew a chart of the tasks': 'Gráfico de las tareas dibujado',
  'Asking a question': 'Haciendo una pregunta',
  'Asked a question': 'Pregunta hecha',
  'Drawing a picture': 'Dibujando una imagen',
  'Drew a picture': 'Imagen dibujada',
  Tasks: 'Tareas',
  'What is to be done?': '¿Qué hay que hacer?',
  Add: 'Añadir',
  Open: 'Pendiente',
  Done: 'Hecho',
  'There is nothing to do yet.': 'Todavía no hay nada que hacer.',
  'and {count} more': 'y {count} más',
  'The list is full.': 'La lista está llena.',
};
