import type { Dispatcher } from 'undici';
import type { ResponderEvent } from '../chatkit/protocol/events.ts';
import type { UserMessageItem } from '../chatkit/protocol/items.ts';
import type { Responder, Turn } from '../chatkit/responder.ts';
import { messageText, titleFromMessage } from '../chatkit/title.ts';
import type { Config } from '../config/schema.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { CredentialHeaders } from '../forward/credentials.ts';
import { toRefusal } from '../forward/refusal.ts';
import type { Upstream } from '../forward/upstream/upstream.ts';
import { openConversation, type Conversation } from './conversation.ts';
import type { BridgeEvent } from './events.ts';
import { emptyAnswer, toReplyError, toServiceError } from './failures.ts';
import { openAnswer, type Answer } from './read-answer.ts';
import { createReplyWriter, type ReplyWriter } from './reply-writer.ts';
import { createRequestMaker, type RequestMaker } from './request.ts';

const MAX_MODEL_CHARS = 200;

export interface BridgeResponderOptions {
  readonly bridge: Config['chat']['bridge'];
  readonly upstream: Upstream;
  readonly credentials: CredentialHeaders;
  readonly maxJsonBytes: number;
}

export interface BridgeResponder extends Responder {
  /** @throws GatewayError `model-not-allowed` or `tool-not-allowed` for a choice that the service would not hear of */
  checkChoice(inference: UserMessageItem['inference_options']): void;
}

/** Replies come from the plain streaming endpoint of a service. */
export function createBridgeResponder(options: BridgeResponderOptions): BridgeResponder {
  const requests = createRequestMaker(options);
  return {
    respond: (turn) => respond(options, requests, turn),
    checkChoice({ model, tool_choice: tool }) {
      if (model !== undefined && (!requests.sendsModel || model.length > MAX_MODEL_CHARS)) {
        throw new GatewayError('model-not-allowed');
      }
      if (tool !== undefined) throw new GatewayError('tool-not-allowed');
    },
  };
}

async function* respond(
  options: BridgeResponderOptions,
  requests: RequestMaker,
  turn: Turn,
): AsyncGenerator<ResponderEvent> {
  let ready: ResponderEvent[] = [];
  const takeReady = () => {
    const events = ready;
    ready = [];
    return events;
  };
  const writer = createReplyWriter(turn, (event) => void ready.push(event));
  let failure: unknown;
  try {
    const conversation = await openConversation(turn, options.bridge.conversationId, requests);
    const answer = await ask(options, requests, turn, conversation);
    for await (const events of answer.events()) {
      for (const event of events) apply(event, writer, conversation);
      yield* takeReady();
    }
    if (!writer.hasShown) throw emptyAnswer();
  } catch (error) {
    if (turn.signal.aborted) return;
    failure = error;
  }
  // What was shown stays, also where the reply failed.
  writer.close();
  yield* takeReady();
  if (failure !== undefined) throw toReplyError(failure);
}

/** Asks the service. @throws GatewayError when it refuses or cannot be asked */
async function ask(
  options: BridgeResponderOptions,
  requests: RequestMaker,
  turn: Turn,
  conversation: Conversation,
): Promise<Answer> {
  const { bridge, upstream } = options;
  try {
    const response = await upstream.request(await requests.make(turn, conversation));
    if (response.statusCode < 200 || response.statusCode > 299) {
      throw await refuse(response, bridge, conversation);
    }
    conversation.took();
    if (bridge.conversationId.from === 'header') {
      conversation.keep(response.headers[bridge.conversationId.header.toLowerCase()]);
    }
    const { thread, input } = turn;
    if (bridge.titles === 'message' && thread.title === undefined && input !== undefined) {
      thread.title = titleFromMessage(messageText(input));
    }
    const answer = openAnswer(response, options);
    turn.answered({ kind: 'reply', form: answer.form });
    return answer;
  } catch (error) {
    if (error instanceof GatewayError) turn.answered({ kind: 'refusal', error });
    throw error;
  }
}

async function refuse(
  response: Dispatcher.ResponseData,
  bridge: Config['chat']['bridge'],
  conversation: Conversation,
): Promise<GatewayError> {
  const refusal = await toRefusal(response);
  // A conversation that the service has lost would be refused for ever: trying again begins a new one.
  if (refusal.status === 404 && bridge.conversationId.from !== 'thread' && conversation.id !== undefined) {
    conversation.forget();
  }
  return refusal;
}

function apply(event: BridgeEvent, writer: ReplyWriter, conversation: Conversation): void {
  switch (event.type) {
    case 'conversation_id':
      conversation.keep(event.id);
      break;
    case 'error':
      throw toServiceError(event.message);
    case 'done':
      break;
    default:
      writer.write(event);
  }
}
