import type { Language } from '../texts.ts';

export const portuguese: Language = {
  'The assistant is not set up correctly. Please tell the operator of this service.':
    'O assistente não está configurado corretamente. Avise o responsável por este serviço.',
  'The model of the assistant is not available. Please tell the operator of this service.':
    'O modelo do assistente não está disponível. Avise o responsável por este serviço.',
  'This conversation has become too long for the assistant. Please start a new one.':
    'Esta conversa ficou longa demais para o assistente. Comece uma nova.',
  'The assistant could not take this message. Please try to say it differently.':
    'O assistente não pôde aceitar esta mensagem. Tente dizer de outra forma.',
  'The assistant has used up its quota. Please tell the operator of this service.':
    'O assistente esgotou a sua cota. Avise o responsável por este serviço.',
  'The assistant is busy right now. Please try again in a moment.':
    'O assistente está ocupado. Tente novamente em instantes.',
  'The assistant has a problem right now. Please try again.':
    'O assistente está com um problema. Tente novamente.',
  'The assistant took too long to answer. Please try again.':
    'O assistente demorou demais para responder. Tente novamente.',
  'The assistant cannot be reached right now. Please try again.':
    'Não é possível contactar o assistente neste momento. Tente novamente.',
  'The reply was cut off. Please try again.': 'A resposta foi interrompida. Tente novamente.',
  'The assistant gave an answer that cannot be used. Please try again.':
    'O assistente deu uma resposta que não pode ser usada. Tente novamente.',
  'The reply did not come to an end. Please try again.': 'A resposta não chegou ao fim. Tente novamente.',
  'The assistant needed too many steps for this. Please ask for less at once.':
    'O assistente precisaria de etapas demais. Peça menos de cada vez.',
  'This conversation was stopped by a safety rule.':
    'Esta conversa foi interrompida por uma regra de segurança.',
  'Something went wrong while the assistant answered. Please try again.':
    'Algo deu errado enquanto o assistente respondia. Tente novamente.',
  'The connection to the chat service was lost. Please try again.':
    'A ligação ao serviço de chat foi perdida. Tente novamente.',
  'The chat service stopped answering. Please try again.':
    'O serviço de chat parou de responder. Tente novamente.',
  'The reply took too long. Please try again.': 'A resposta demorou demais. Tente novamente.',
  'The chat service gave an answer that cannot be shown.':
    'O serviço de chat deu uma resposta que não pode ser mostrada.',
  'The chat service could not finish the reply. Please try again.':
    'O serviço de chat não conseguiu terminar a resposta. Tente novamente.',
  'The chat service gave no answer. Please try again.':
    'O serviço de chat não deu nenhuma resposta. Tente novamente.',
  'The chat service did not accept your sign-in. Please sign in again.':
    'O serviço de chat não aceitou a sua sessão. Inicie sessão novamente.',
  'You are not allowed to use this chat.': 'Você não tem permissão para usar este chat.',
  'The chat service does not know this conversation.': 'O serviço de chat não conhece esta conversa.',
  'The chat service did not accept this message.': 'O serviço de chat não aceitou esta mensagem.',
  'The assistant cannot be asked for this.': 'Não é possível pedir isto ao assistente.',
  'This conversation was deleted.': 'Esta conversa foi eliminada.',
  'The service is restarting. Please try again in a moment.':
    'O serviço está sendo reiniciado. Tente novamente em instantes.',
  'This step did not finish.': 'Esta etapa não foi concluída.',
  'Using {tool}': 'Usando {tool}',
  'Used {tool}': '{tool} foi usado',
  'Searching the web': 'Pesquisando na Web',
  'Searched the web': 'Pesquisa na Web concluída',
  'Reading a page': 'Lendo uma página',
  'Read a page': 'Página lida',
  'Searching the files': 'Pesquisando nos arquivos',
  'Searched the files': 'Pesquisa nos arquivos concluída',
  'Running code': 'Executando código',
  'Ran code': 'Código executado',
  'This step failed.': 'Esta etapa falhou.',
  '{count} steps done': '{count} etapas concluídas',
  '{failed} of {count} steps failed': '{failed} de {count} etapas falharam',
  '{title} failed': '{title}: falhou',
  'Adding {task}': 'Adicionando {task}',
  'Added {task}': '{task}: adicionada',
  'Completing {task}': 'Concluindo {task}',
  'Completed {task}': '{task}: concluída',
  'Deleting {task}': 'Eliminando {task}',
  'Deleted {task}': '{task}: eliminada',
  'Looking at the tasks': 'Consultando as tarefas',
  'Looked at the tasks': 'Tarefas consultadas',
  'a task': 'uma tarefa',
  'Showing the tasks': 'Mostrando as tarefas',
  'Showed the tasks': 'Tarefas mostradas',
  'Drawing a chart of the tasks': 'Desenhando um gráfico das tarefas',
  'Drew a chart of the tasks': 'Gráfico das tarefas desenhado',
  'Asking a question': 'Fazendo uma pergunta',
  'Asked a question': 'Pergunta feita',
  'Drawing a picture': 'Desenhando uma imagem',
  'Drew a picture': 'Imagem desenhada',
  Tasks: 'Tarefas',
  'What is to be done?': 'O que há para fazer?',
  Add: 'Adicionar',
  Open: 'Em aberto',
  Done: 'Feito',
  'There is nothing to do yet.': 'Ainda não há nada para fazer.',
  'and {count} more': 'e mais {count}',
  'The list is full.': 'A lista está cheia.',
};
