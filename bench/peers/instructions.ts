/** The same system prompt for every peer. */
export const INSTRUCTIONS = 'You are a helpful assistant. Answer briefly and in the language of the user.';
