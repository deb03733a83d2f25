import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { VisibleItem, WidgetItem } from '../../chatkit/protocol/items.ts';
import type { ActionTurn, Responder, ThreadWork, Turn } from '../../chatkit/responder.ts';
import { messageText, titleFromMessage, toTitle } from '../../chatkit/title.ts';
import type { Config } from '../../config/schema.ts';
import { callWithin } from './bounded.ts';
import { InvalidReplyError, toVisibleItem, toWidget } from './checked.ts';
import type { AgentDefinition, AuthorWork, RunAgentOptions, UploadedFile, UploadWork } from './definition.ts';
import { createPiece } from './piece.ts';
import { runAuthor } from './run-author.ts';

export interface AuthorHandlers extends Pick<
  Responder,
  'allowCancel' | 'respond' | 'act' | 'actSync' | 'onFeedback'
> {
  /** @returns why the file is refused, for the user to read */
  readonly checkUpload?: (file: UploadedFile, work: UploadWork) => Promise<string | undefined>;
}

export interface AuthorOptions {
  readonly definition: AgentDefinition;
  readonly config: Pick<Config['agent'], 'requestTimeoutMs' | 'toolTimeoutMs' | 'titles'>;
  readonly runAgent: (turn: Turn, given?: RunAgentOptions) => AsyncIterable<ResponderEvent>;
}

/** What a responder does where a module says what is to be done; the agent answers where it says nothing. */
export function createAuthorHandlers(options: AuthorOptions): AuthorHandlers {
  const { definition, runAgent } = options;
  const { respond, onAction, onSyncAction, onFeedback, onAttachment, allowCancel } = definition;
  return {
    ...(allowCancel === undefined ? {} : { allowCancel }),
    respond: respond === undefined ? (turn) => runAgent(turn) : (turn) => writeOwnReply(options, turn),
    ...(onAction === undefined
      ? {}
      : {
          act: (turn) =>
            run(options, turn, 'onAction', toTurn(turn), (work) => onAction({ ...turn, ...work })),
        }),
    ...(onSyncAction === undefined ? {} : { actSync: createSyncAction(options) }),
    ...(onFeedback === undefined
      ? {}
      : {
          onFeedback: (feedback) =>
            call(options, 'onFeedback', feedback, async (signal) =>
              onFeedback({ ...feedback, signal, owner: feedback.principal.userKey }),
            ),
        }),
    ...(onAttachment === undefined
      ? {}
      : {
          checkUpload: (file, work) =>
            call(options, 'onAttachment', work, async (signal) => {
              const answer = await onAttachment(file, { ...work, signal });
              return answer?.refuse;
            }),
        }),
  };
}

async function* writeOwnReply(options: AuthorOptions, turn: Turn): AsyncGenerator<ResponderEvent> {
  const { definition } = options;
  yield* run(options, turn, 'respond', turn, (work) => definition.respond?.({ ...turn, ...work }));
  await giveOwnTitle(options, turn);
}

/** The agent titles the threads that it answers; what answers in its place need not think of it. */
async function giveOwnTitle({ definition, config }: AuthorOptions, turn: Turn): Promise<void> {
  const { title = config.titles } = definition;
  if (turn.input === undefined || turn.thread.title !== undefined || title === false) return;
  const message = messageText(turn.input);
  let text: string | undefined;
  if (typeof title === 'function') {
    try {
      const { signal } = turn;
      const given = await callWithin('title', { signal, timeoutMs: config.toolTimeoutMs }, () =>
        title(message, turn),
      );
      text = given === undefined ? undefined : toTitle(given);
    } catch (error) {
      turn.logger.warn({ err: error }, 'the thread got no title of its own');
    }
  }
  turn.thread.title ??= text ?? titleFromMessage(message);
}

function run(
  { config, runAgent }: AuthorOptions,
  work: ThreadWork,
  name: string,
  turn: Turn,
  start: (author: AuthorWork) => unknown,
): AsyncGenerator<ResponderEvent> {
  return runAuthor({
    work,
    name,
    idleTimeoutMs: config.requestTimeoutMs,
    start: (reply, send) =>
      start({
        owner: work.principal.userKey,
        reply,
        runAgent: (given) => createPiece(() => toGenerator(runAgent(turn, given)), send),
      }),
  });
}

async function* toGenerator(
  events: AsyncIterable<ResponderEvent>,
): AsyncGenerator<ResponderEvent, void, void> {
  yield* events;
}

/** An action has no message, so an agent that is run for it goes on with the thread. */
function toTurn(turn: ActionTurn): Turn {
  return { ...turn, input: undefined, isRetry: false, resumes: undefined, answered: () => undefined };
}

function createSyncAction(options: AuthorOptions): NonNullable<Responder['actSync']> {
  const { definition } = options;
  return async (action) =>
    await call(options, 'onSyncAction', action, async (signal) => {
      const owner = action.principal.userKey;
      const answer: unknown = await definition.onSyncAction?.({ ...action, signal, owner });
      return toChangedItem(answer, action.sender, action.thread.id);
    });
}

/** A whole item, or the new widget of the sender. */
function toChangedItem(
  answer: unknown,
  sender: WidgetItem | undefined,
  threadId: string,
): VisibleItem | undefined {
  if (answer === undefined || answer === null) return undefined;
  const isItem = typeof answer === 'object' && 'thread_id' in answer;
  if (isItem) return toVisibleItem(answer, threadId);
  if (sender === undefined)
    throw new InvalidReplyError('a widget can only take the place of one that has acted');
  return { ...sender, widget: toWidget(answer) };
}

async function call<T>(
  { config }: AuthorOptions,
  name: string,
  { signal }: { readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return await callWithin(name, { signal, timeoutMs: config.toolTimeoutMs }, work);
}
