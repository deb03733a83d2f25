import type { Language } from '../texts.ts';

export const dutch: Language = {
  'The assistant is not set up correctly. Please tell the operator of this service.':
    'De assistent is niet goed ingesteld. Laat het de beheerder van deze dienst weten.',
  'The model of the assistant is not available. Please tell the operator of this service.':
    'Het model van de assistent is niet beschikbaar. Laat het de beheerder van deze dienst weten.',
  'This conversation has become too long for the assistant. Please start a new one.':
    'Dit gesprek is te lang geworden voor de assistent. Begin een nieuw gesprek.',
  'The assistant could not take this message. Please try to say it differently.':
    'De assistent kon dit bericht niet aannemen. Probeer het anders te zeggen.',
  'The assistant has used up its quota. Please tell the operator of this service.':
    'De assistent heeft zijn quotum opgebruikt. Laat het de beheerder van deze dienst weten.',
  'The assistant is busy right now. Please try again in a moment.':
    'De assistent is op dit moment bezet. Probeer het zo nog eens.',
  'The assistant has a problem right now. Please try again.':
    'De assistent heeft op dit moment een probleem. Probeer het nog eens.',
  'The assistant took too long to answer. Please try again.':
    'De assistent deed te lang over een antwoord. Probeer het nog eens.',
  'The assistant cannot be reached right now. Please try again.':
    'De assistent is op dit moment niet bereikbaar. Probeer het nog eens.',
  'The reply was cut off. Please try again.': 'Het antwoord is afgebroken. Probeer het nog eens.',
  'The assistant gave an answer that cannot be used. Please try again.':
    'De assistent gaf een onbruikbaar antwoord. Probeer het nog eens.',
  'The reply did not come to an end. Please try again.':
    'Het antwoord kwam niet tot een einde. Probeer het nog eens.',
  'The assistant needed too many steps for this. Please ask for less at once.':
    'De assistent had hiervoor te veel stappen nodig. Vraag minder tegelijk.',
  'This conversation was stopped by a safety rule.': 'Dit gesprek is gestopt door een veiligheidsregel.',
  'Something went wrong while the assistant answered. Please try again.':
    'Er ging iets mis tijdens het antwoorden. Probeer het nog eens.',
  'The connection to the chat service was lost. Please try again.':
    'De verbinding met de chatdienst is verbroken. Probeer het nog eens.',
  'The chat service stopped answering. Please try again.':
    'De chatdienst antwoordt niet meer. Probeer het nog eens.',
  'The reply took too long. Please try again.': 'Het antwoord duurde te lang. Probeer het nog eens.',
  'The chat service gave an answer that cannot be shown.':
    'De chatdienst gaf een antwoord dat niet kan worden getoond.',
  'The chat service could not finish the reply. Please try again.':
    'De chatdienst kon het antwoord niet afmaken. Probeer het nog eens.',
  'The chat service gave no answer. Please try again.':
    'De chatdienst gaf geen antwoord. Probeer het nog eens.',
  'The chat service did not accept your sign-in. Please sign in again.':
    'De chatdienst heeft uw aanmelding niet geaccepteerd. Meld u opnieuw aan.',
  'You are not allowed to use this chat.': 'U mag deze chat niet gebruiken.',
  'The chat service does not know this conversation.': 'De chatdienst kent dit gesprek niet.',
  'The chat service did not accept this message.': 'De chatdienst heeft dit bericht niet geaccepteerd.',
  'The assistant cannot be asked for this.': 'Dit kan niet aan de assistent worden gevraagd.',
  'This conversation was deleted.': 'Dit gesprek is verwijderd.',
  'The service is restarting. Please try again in a moment.':
    'De dienst wordt opnieuw gestart. Probeer het zo nog eens.',
  'This step did not finish.': 'Deze stap is niet afgemaakt.',
  'Using {tool}': '{tool} wordt gebruikt',
  'Used {tool}': '{tool} gebruikt',
  'Searching the web': 'Op het web aan het zoeken',
  'Searched the web': 'Op het web gezocht',
  'Reading a page': 'Een pagina aan het lezen',
  'Read a page': 'Een pagina gelezen',
  'Searching the files': 'In de bestanden aan het zoeken',
  'Searched the files': 'In de bestanden gezocht',
  'Running code': 'Code wordt uitgevoerd',
  'Ran code': 'Code uitgevoerd',
  'This step failed.': 'Deze stap is mislukt.',
  '{count} steps done': '{count} stappen klaar',
  '{failed} of {count} steps failed': '{failed} van {count} stappen mislukt',
  '{title} failed': '{title}: mislukt',
  'Adding {task}': '{task} toevoegen',
  'Added {task}': '{task} toegevoegd',
  'Completing {task}': '{task} afronden',
  'Completed {task}': '{task} afgerond',
  'Deleting {task}': '{task} verwijderen',
  'Deleted {task}': '{task} verwijderd',
  'Looking at the tasks': 'Taken bekijken',
  'Looked at the tasks': 'Taken bekeken',
  'a task': 'Een taak',
  'Showing the tasks': 'Taken tonen',
  'Showed the tasks': 'Taken getoond',
  'Drawing a chart of the tasks': 'Een grafiek van de taken tekenen',
  'Drew a chart of the tasks': 'Grafiek van de taken getekend',
  'Asking a question': 'Een vraag stellen',
  'Asked a question': 'Vraag gesteld',
  'Drawing a picture': 'Een afbeelding tekenen',
  'Drew a picture': 'Afbeelding getekend',
  Tasks: 'Taken',
  'What is to be done?': 'Wat moet er gebeuren?',
  Add: 'Toevoegen',
  Open: 'Open',
  Done: 'Klaar',
  'There is nothing to do yet.': 'Er is nog niets te doen.',
  'and {count} more': 'en nog {count}',
  'The list is full.': 'De lijst is vol.',
};
