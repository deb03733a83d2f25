import type { Language } from '../texts.ts';

export const italian: Language = {
  'The assistant is not set up correctly. Please tell the operator of this service.':
    'L’assistente non è configurato correttamente. Avvisi il gestore di questo servizio.',
  'The model of the assistant is not available. Please tell the operator of this service.':
    'Il modello dell’assistente non è disponibile. Avvisi il gestore di questo servizio.',
  'This conversation has become too long for the assistant. Please start a new one.':
    'Questa conversazione è diventata troppo lunga per l’assistente. Ne inizi una nuova.',
  'The assistant could not take this message. Please try to say it differently.':
    'L’assistente non ha potuto accettare questo messaggio. Provi a dirlo in un altro modo.',
  'The assistant has used up its quota. Please tell the operator of this service.':
    'L’assistente ha esaurito la sua quota. Avvisi il gestore di questo servizio.',
  'The assistant is busy right now. Please try again in a moment.':
    'L’assistente è occupato. Riprovi tra un momento.',
  'The assistant has a problem right now. Please try again.':
    'L’assistente ha un problema in questo momento. Riprovi.',
  'The assistant took too long to answer. Please try again.':
    'L’assistente ha impiegato troppo tempo per rispondere. Riprovi.',
  'The assistant cannot be reached right now. Please try again.':
    'L’assistente non è raggiungibile in questo momento. Riprovi.',
  'The reply was cut off. Please try again.': 'La risposta si è interrotta. Riprovi.',
  'The assistant gave an answer that cannot be used. Please try again.':
    'L’assistente ha dato una risposta inutilizzabile. Riprovi.',
  'The reply did not come to an end. Please try again.': 'La risposta non è arrivata alla fine. Riprovi.',
  'The assistant needed too many steps for this. Please ask for less at once.':
    'L’assistente avrebbe avuto bisogno di troppi passaggi. Chieda meno cose per volta.',
  'This conversation was stopped by a safety rule.':
    'Questa conversazione è stata fermata da una regola di sicurezza.',
  'Something went wrong while the assistant answered. Please try again.':
    'Qualcosa è andato storto durante la risposta. Riprovi.',
  'The connection to the chat service was lost. Please try again.':
    'La connessione al servizio di chat è andata persa. Riprovi.',
  'The chat service stopped answering. Please try again.':
    'Il servizio di chat ha smesso di rispondere. Riprovi.',
  'The reply took too long. Please try again.': 'La risposta ha richiesto troppo tempo. Riprovi.',
  'The chat service gave an answer that cannot be shown.':
    'Il servizio di chat ha dato una risposta che non può essere mostrata.',
  'The chat service could not finish the reply. Please try again.':
    'Il servizio di chat non ha potuto terminare la risposta. Riprovi.',
  'The chat service gave no answer. Please try again.':
    'Il servizio di chat non ha dato alcuna risposta. Riprovi.',
  'The chat service did not accept your sign-in. Please sign in again.':
    'Il servizio di chat non ha accettato il Suo accesso. Acceda di nuovo.',
  'You are not allowed to use this chat.': 'Non è autorizzato a usare questa chat.',
  'The chat service does not know this conversation.':
    'Il servizio di chat non conosce questa conversazione.',
  'The chat service did not accept this message.': 'Il servizio di chat non ha accettato questo messaggio.',
  'The assistant cannot be asked for this.': 'Questo non si può chiedere all’assistente.',
  'This conversation was deleted.': 'Questa conversazione è stata eliminata.',
  'The service is restarting. Please try again in a moment.':
    'Il servizio si sta riavviando. Riprovi tra un momento.',
  'This step did not finish.': 'Questo passaggio non è stato completato.',
  'Using {tool}': 'Uso di {tool}',
  'Used {tool}': '{tool} usato',
  'Searching the web': 'Ricerca sul web',
  'Searched the web': 'Ricerca sul web completata',
  'Reading a page': 'Lettura di una pagina',
  'Read a page': 'Pagina letta',
  'Searching the files': 'Ricerca nei file',
  'Searched the files': 'Ricerca nei file completata',
  'Running code': 'Esecuzione di codice',
  'Ran code': 'Codice eseguito',
  'This step failed.': 'Questo passaggio non è riuscito.',
  '{count} steps done': '{count} passaggi completati',
  '{failed} of {count} steps failed': '{failed} passaggi su {count} non riusciti',
  '{title} failed': '{title}: non riuscito',
  'Adding {task}': 'Aggiunta di {task}',
  'Added {task}': '{task}: aggiunta',
  'Completing {task}': 'Completamento di {task}',
  'Completed {task}': '{task}: completata',
  'Deleting {task}': 'Eliminazione di {task}',
  'Deleted {task}': '{task}: eliminata',
  'Looking at the tasks': 'Consultazione delle attività',
  'Looked at the tasks': 'Attività consultate',
  'a task': 'un’attività',
  'Showing the tasks': 'Visualizzazione delle attività',
  'Showed the tasks': 'Attività mostrate',
  'Drawing a chart of the tasks': 'Disegno di un grafico delle attività',
  'Drew a chart of the tasks': 'Grafico delle attività disegnato',
  'Asking a question': 'Domanda in corso',
  'Asked a question': 'Domanda posta',
  'Drawing a picture': 'Disegno in corso',
  'Drew a picture': 'Disegno fatto',
  Tasks: 'Attività',
  'What is to be done?': 'Che cosa c’è da fare?',
  Add: 'Aggiungi',
  Open: 'Da fare',
  Done: 'Fatto',
  'There is nothing to do yet.': 'Non c’è ancora niente da fare.',
  'and {count} more': 'e altre {count}',
  'The list is full.': 'L’elenco è pieno.',
};
