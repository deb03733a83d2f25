import type { Language } from '../texts.ts';

export const german: Language = {
  'The assistant is not set up correctly. Please tell the operator of this service.':
    'Der Assistent ist nicht richtig eingerichtet. Bitte sagen Sie dem Betreiber dieses Dienstes Bescheid.',
  'The model of the assistant is not available. Please tell the operator of this service.':
    'Das Modell des Assistenten ist nicht verfügbar. Bitte sagen Sie dem Betreiber dieses Dienstes Bescheid.',
  'This conversation has become too long for the assistant. Please start a new one.':
    'Diese Unterhaltung ist für den Assistenten zu lang geworden. Bitte beginnen Sie eine neue.',
  'The assistant could not take this message. Please try to say it differently.':
    'Der Assistent konnte diese Nachricht nicht annehmen. Bitte formulieren Sie sie anders.',
  'The assistant has used up its quota. Please tell the operator of this service.':
    'Der Assistent hat sein Kontingent verbraucht. Bitte sagen Sie dem Betreiber dieses Dienstes Bescheid.',
  'The assistant is busy right now. Please try again in a moment.':
    'Der Assistent ist gerade ausgelastet. Bitte versuchen Sie es gleich noch einmal.',
  'The assistant has a problem right now. Please try again.':
    'Der Assistent hat gerade ein Problem. Bitte versuchen Sie es noch einmal.',
  'The assistant took too long to answer. Please try again.':
    'Der Assistent hat zu lange für eine Antwort gebraucht. Bitte versuchen Sie es noch einmal.',
  'The assistant cannot be reached right now. Please try again.':
    'Der Assistent ist gerade nicht erreichbar. Bitte versuchen Sie es noch einmal.',
  'The reply was cut off. Please try again.':
    'Die Antwort ist abgebrochen. Bitte versuchen Sie es noch einmal.',
  'The assistant gave an answer that cannot be used. Please try again.':
    'Der Assistent hat eine unbrauchbare Antwort gegeben. Bitte versuchen Sie es noch einmal.',
  'The reply did not come to an end. Please try again.':
    'Die Antwort kam zu keinem Ende. Bitte versuchen Sie es noch einmal.',
  'The assistant needed too many steps for this. Please ask for less at once.':
    'Der Assistent brauchte dafür zu viele Schritte. Bitte fragen Sie nach weniger auf einmal.',
  'This conversation was stopped by a safety rule.':
    'Diese Unterhaltung wurde von einer Sicherheitsregel beendet.',
  'Something went wrong while the assistant answered. Please try again.':
    'Beim Antworten ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal.',
  'The connection to the chat service was lost. Please try again.':
    'Die Verbindung zum Chat-Dienst ist abgebrochen. Bitte versuchen Sie es noch einmal.',
  'The chat service stopped answering. Please try again.':
    'Der Chat-Dienst antwortet nicht mehr. Bitte versuchen Sie es noch einmal.',
  'The reply took too long. Please try again.':
    'Die Antwort hat zu lange gedauert. Bitte versuchen Sie es noch einmal.',
  'The chat service gave an answer that cannot be shown.':
    'Der Chat-Dienst hat eine Antwort gegeben, die nicht angezeigt werden kann.',
  'The chat service could not finish the reply. Please try again.':
    'Der Chat-Dienst konnte die Antwort nicht beenden. Bitte versuchen Sie es noch einmal.',
  'The chat service gave no answer. Please try again.':
    'Der Chat-Dienst hat nicht geantwortet. Bitte versuchen Sie es noch einmal.',
  'The chat service did not accept your sign-in. Please sign in again.':
    'Der Chat-Dienst hat Ihre Anmeldung nicht angenommen. Bitte melden Sie sich neu an.',
  'You are not allowed to use this chat.': 'Sie dürfen diesen Chat nicht benutzen.',
  'The chat service does not know this conversation.': 'Der Chat-Dienst kennt diese Unterhaltung nicht.',
  'The chat service did not accept this message.': 'Der Chat-Dienst hat diese Nachricht nicht angenommen.',
  'The assistant cannot be asked for this.': 'Darum kann der Assistent nicht gebeten werden.',
  'This conversation was deleted.': 'Diese Unterhaltung wurde gelöscht.',
  'The service is restarting. Please try again in a moment.':
    'Der Dienst wird neu gestartet. Bitte versuchen Sie es gleich noch einmal.',
  'This step did not finish.': 'Dieser Schritt wurde nicht beendet.',
  'Using {tool}': '{tool} wird benutzt',
  'Used {tool}': '{tool} wurde benutzt',
  'Searching the web': 'Das Web wird durchsucht',
  'Searched the web': 'Das Web wurde durchsucht',
  'Reading a page': 'Eine Seite wird gelesen',
  'Read a page': 'Eine Seite wurde gelesen',
  'Searching the files': 'Die Dateien werden durchsucht',
  'Searched the files': 'Die Dateien wurden durchsucht',
  'Running code': 'Code wird ausgeführt',
  'Ran code': 'Code wurde ausgeführt',
  'This step failed.': 'Dieser Schritt ist fehlgeschlagen.',
  '{count} steps done': '{count} Schritte erledigt',
  '{failed} of {count} steps failed': '{failed} von {count} Schritten fehlgeschlagen',
  '{title} failed': '{title}: fehlgeschlagen',
  'Adding {task}': '{task} wird hinzugefügt',
  'Added {task}': '{task} hinzugefügt',
  'Completing {task}': '{task} wird erledigt',
  'Completed {task}': '{task} erledigt',
  'Deleting {task}': '{task} wird gelöscht',
  'Deleted {task}': '{task} gelöscht',
  'Looking at the tasks': 'Aufgaben werden angesehen',
  'Looked at the tasks': 'Aufgaben angesehen',
  'a task': 'Eine Aufgabe',
  'Showing the tasks': 'Aufgaben werden gezeigt',
  'Showed the tasks': 'Aufgaben gezeigt',
  'Drawing a chart of the tasks': 'Ein Diagramm der Aufgaben wird gezeichnet',
  'Drew a chart of the tasks': 'Diagramm der Aufgaben gezeichnet',
  'Asking a question': 'Eine Frage wird gestellt',
  'Asked a question': 'Frage gestellt',
  'Drawing a picture': 'Ein Bild wird gezeichnet',
  'Drew a picture': 'Bild gezeichnet',
  Tasks: 'Aufgaben',
  'What is to be done?': 'Was ist zu tun?',
  Add: 'Hinzufügen',
  Open: 'Offen',
  Done: 'Erledigt',
  'There is nothing to do yet.': 'Es gibt noch nichts zu tun.',
  'and {count} more': 'und {count} weitere',
  'The list is full.': 'Die Liste ist voll.',
};
