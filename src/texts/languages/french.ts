import type { Language } from '../texts.ts';

export const french: Language = {
  'The assistant is not set up correctly. Please tell the operator of this service.':
    'L’assistant n’est pas configuré correctement. Merci de prévenir l’exploitant de ce service.',
  'The model of the assistant is not available. Please tell the operator of this service.':
    'Le modèle de l’assistant n’est pas disponible. Merci de prévenir l’exploitant de ce service.',
  'This conversation has become too long for the assistant. Please start a new one.':
    'Cette conversation est devenue trop longue pour l’assistant. Veuillez en commencer une nouvelle.',
  'The assistant could not take this message. Please try to say it differently.':
    'L’assistant n’a pas pu traiter ce message. Essayez de le formuler autrement.',
  'The assistant has used up its quota. Please tell the operator of this service.':
    'L’assistant a épuisé son quota. Merci de prévenir l’exploitant de ce service.',
  'The assistant is busy right now. Please try again in a moment.':
    'L’assistant est très sollicité. Veuillez réessayer dans un instant.',
  'The assistant has a problem right now. Please try again.':
    'L’assistant rencontre un problème. Veuillez réessayer.',
  'The assistant took too long to answer. Please try again.':
    'L’assistant a mis trop de temps à répondre. Veuillez réessayer.',
  'The assistant cannot be reached right now. Please try again.':
    'L’assistant est injoignable pour le moment. Veuillez réessayer.',
  'The reply was cut off. Please try again.': 'La réponse a été interrompue. Veuillez réessayer.',
  'The assistant gave an answer that cannot be used. Please try again.':
    'L’assistant a donné une réponse inutilisable. Veuillez réessayer.',
  'The reply did not come to an end. Please try again.':
    'La réponse ne s’est pas terminée. Veuillez réessayer.',
  'The assistant needed too many steps for this. Please ask for less at once.':
    'L’assistant aurait eu besoin de trop d’étapes. Veuillez demander moins à la fois.',
  'This conversation was stopped by a safety rule.':
    'Cette conversation a été arrêtée par une règle de sécurité.',
  'Something went wrong while the assistant answered. Please try again.':
    'Une erreur s’est produite pendant la réponse. Veuillez réessayer.',
  'The connection to the chat service was lost. Please try again.':
    'La connexion au service de discussion a été perdue. Veuillez réessayer.',
  'The chat service stopped answering. Please try again.':
    'Le service de discussion ne répond plus. Veuillez réessayer.',
  'The reply took too long. Please try again.': 'La réponse a pris trop de temps. Veuillez réessayer.',
  'The chat service gave an answer that cannot be shown.':
    'Le service de discussion a donné une réponse qui ne peut pas être affichée.',
  'The chat service could not finish the reply. Please try again.':
    'Le service de discussion n’a pas pu terminer la réponse. Veuillez réessayer.',
  'The chat service gave no answer. Please try again.':
    'Le service de discussion n’a donné aucune réponse. Veuillez réessayer.',
  'The chat service did not accept your sign-in. Please sign in again.':
    'Le service de discussion n’a pas accepté votre connexion. Veuillez vous reconnecter.',
  'You are not allowed to use this chat.': 'Vous n’êtes pas autorisé à utiliser cette discussion.',
  'The chat service does not know this conversation.':
    'Le service de discussion ne connaît pas cette conversation.',
  'The chat service did not accept this message.': 'Le service de discussion n’a pas accepté ce message.',
  'The assistant cannot be asked for this.': 'L’assistant ne peut pas faire cela.',
  'This conversation was deleted.': 'Cette conversation a été supprimée.',
  'The service is restarting. Please try again in a moment.':
    'Le service redémarre. Veuillez réessayer dans un instant.',
  'This step did not finish.': 'Cette étape n’a pas été terminée.',
  'Using {tool}': 'Utilisation de {tool}',
  'Used {tool}': '{tool} a été utilisé',
  'Searching the web': 'Recherche sur le Web',
  'Searched the web': 'Recherche sur le Web effectuée',
  'Reading a page': 'Lecture d’une page',
  'Read a page': 'Page lue',
  'Searching the files': 'Recherche dans les fichiers',
  'Searched the files': 'Recherche dans les fichiers effectuée',
  'Running code': 'Exécution de code',
  'Ran code': 'Code exécuté',
  'This step failed.': 'Cette étape a échoué.',
  '{count} steps done': '{count} étapes terminées',
  '{failed} of {count} steps failed': '{failed} étapes sur {count} ont échoué',
  '{title} failed': '{title} : échec',
  'Adding {task}': 'Ajout de {task}',
  'Added {task}': '{task} : ajouté',
  'Completing {task}': 'Achèvement de {task}',
  'Completed {task}': '{task} : terminé',
  'Deleting {task}': 'Suppression de {task}',
  'Deleted {task}': '{task} : supprimé',
  'Looking at the tasks': 'Consultation des tâches',
  'Looked at the tasks': 'Tâches consultées',
  'a task': 'une tâche',
  'Showing the tasks': 'Affichage des tâches',
  'Showed the tasks': 'Tâches affichées',
  'Drawing a chart of the tasks': 'Création d’un graphique des tâches',
  'Drew a chart of the tasks': 'Graphique des tâches créé',
  'Asking a question': 'Question en cours',
  'Asked a question': 'Question posée',
  'Drawing a picture': 'Dessin en cours',
  'Drew a picture': 'Dessin terminé',
  Tasks: 'Tâches',
  'What is to be done?': 'Que faut-il faire ?',
  Add: 'Ajouter',
  Open: 'À faire',
  Done: 'Terminé',
  'There is nothing to do yet.': 'Il n’y a encore rien à faire.',
  'and {count} more': 'et {count} de plus',
  'The list is full.': 'La liste est pleine.',
};
