export const TITLE_INSTRUCTIONS =
  'Write a title for a conversation that begins with the message of the user. ' +
  'Use at most six words, in the language of the message. Answer with the title alone: no quotes, no full stop.';

/** What is shown of a message to the model that titles it. */
export const MAX_TITLE_INPUT_CHARS = 4_000;
/** How long a finished reply waits for its title. */
export const TITLE_TIMEOUT_MS = 10_000;
