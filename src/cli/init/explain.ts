import { toLine } from '../terminal.ts';
import type { Description } from './openapi.ts';
import type { ChatFinding } from './try-chat.ts';

/** Why no chat was found, and what to do. */
export function explainNothing(read: Description | undefined, failures: readonly string[]): string {
  const tried = failures.map((each) => `\n  ${toLine(each)}`).join('');
  const byHand = 'Name it with --chat-path /path/of/the/chat (and --login-path /path/of/the/sign-in).';
  if (failures.length > 0) return `no chat endpoint answered as one:${tried}\n${byHand}`;
  return read === undefined
    ? `this service has no description at /openapi.json, so its chat endpoint cannot be found. ${byHand}`
    : `nothing in ${read.url} looks like a chat endpoint. ${byHand}`;
}

/** What could not be seen about the conversation, in words. */
export function conversationDoubts(chat: ChatFinding | undefined): string[] {
  if (chat === undefined) return [];
  const { conversation, candidate } = chat;
  return [
    ...(conversation.isKept === false
      ? ['a second message with the conversation id was not of the same conversation']
      : []),
    ...(conversation.from === 'thread' && !candidate.sendsHistory
      ? [
          'whether the service remembers a conversation by the id that the gateway gives cannot be seen from outside',
        ]
      : []),
    ...(candidate.guesses.length === 0
      ? []
      : [`it wants a value for ${candidate.guesses.join(', ')}: what is written is a guess`]),
  ];
}
