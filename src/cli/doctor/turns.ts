import type { Config } from '../../config/schema.ts';
import { ProbeError, type Answer, type Probe, type Question } from '../../probe/http.ts';
import { isObject, parseJson, valueAt } from '../../probe/json.ts';
import { recognise } from '../../probe/recognise.ts';
import { renderTemplate } from '../init/request-template.ts';
import { accessTo } from './access.ts';
import { NO_CONFIG, NO_GATEWAY, type ChatService, type Turn } from './check.ts';

const TURN_MS = 60_000;

/** Sends a message straight to the service, as the gateway would. */
export async function askService(options: {
  readonly config: Config | undefined;
  readonly service: ChatService | undefined;
  readonly probe: Probe;
  readonly token: string | undefined;
  readonly message: string;
  /** Leaves the reply after so many pieces. */
  readonly maxPieces?: number;
}): Promise<Turn> {
  const { config, service, probe, token, message, maxPieces } = options;
  if (config === undefined) return { kind: 'skipped', why: NO_CONFIG };
  if (service === undefined) return { kind: 'skipped', why: 'the built-in agent answers, not a service' };
  const access = await accessTo(config, service, token);
  if (access.kind === 'missing') return { kind: 'skipped', why: access.why };
  const question = toServiceQuestion(config, service, message);
  const headers = {
    'accept-encoding': 'identity',
    accept: 'text/event-stream, */*;q=0.5',
    ...access.headers,
    ...question.headers,
  };
  const bound = maxPieces === undefined ? {} : { maxPieces };
  return await ask(probe, { ...question, ...bound, headers }, conversationIdReader(config));
}

function toServiceQuestion({ chat }: Config, { url }: ChatService, message: string): Question {
  if (chat.backend === 'forward') {
    const content = [{ type: 'input_text', text: message }];
    const input = { content, attachments: [], inference_options: {} };
    return { method: 'POST', url, json: { type: 'threads.create', params: { input } } };
  }
  const { bridge } = chat;
  const historyMessage = renderTemplate(bridge.historyMessage, { role: 'user', content: message });
  const id = crypto.randomUUID();
  const values = {
    message,
    history: [historyMessage],
    thread_id: id,
    conversation_id: bridge.conversationId.from === 'thread' ? id : undefined,
    user_id: 'chatkit-gateway-doctor',
    user_issuer: 'chatkit-gateway-doctor',
    user_key: 'chatkit-gateway-doctor',
    user_name: 'ChatKit Gateway',
    locale: 'en',
  };
  const body = renderTemplate(bridge.request, values);
  const target = url.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_match, name: string) =>
    encodeURIComponent(String(values[name as keyof typeof values] ?? '')),
  );
  const headers = Object.fromEntries(
    Object.entries(bridge.headers).map(([name, value]) => [
      name.toLowerCase(),
      String(renderTemplate(value, values)),
    ]),
  );
  if (bridge.method !== 'GET') return { method: bridge.method, url: target, json: body, headers };
  const query = new URLSearchParams(
    Object.entries(isObject(body) ? body : {}).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]),
  );
  return { method: 'GET', url: `${target}${target.includes('?') ? '&' : '?'}${query.toString()}`, headers };
}

function conversationIdReader({ chat }: Config): (answer: Answer) => string | number | undefined {
  const { from, path, header } = chat.bridge.conversationId;
  if (chat.backend === 'bridge' && from === 'header') return ({ headers }) => headers[header.toLowerCase()];
  const at = chat.backend === 'forward' ? 'thread.id' : path;
  return (answer) =>
    (recognise(answer)?.values ?? [])
      .map((value) => valueAt(value, at))
      .find((value) => typeof value === 'string' || typeof value === 'number');
}

/** Sends a message through the gateway and what is in front of it. */
export async function askGateway(options: {
  readonly gatewayUrl: string | undefined;
  readonly probe: Probe;
  readonly token: string | undefined;
  readonly message: string;
  readonly conversationId?: string | number;
  readonly timeoutMs?: number | undefined;
}): Promise<Turn> {
  const { gatewayUrl, probe, token, message, conversationId } = options;
  if (gatewayUrl === undefined) return { kind: 'skipped', why: NO_GATEWAY };
  if (token === undefined)
    return { kind: 'skipped', why: "it takes a user's token; give one with --token-file" };
  const question: Question = {
    method: 'POST',
    url: `${gatewayUrl}/api/chat`,
    // As a browser asks, so that a proxy that compresses does it here too.
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'accept-encoding': 'gzip, deflate, br',
    },
    json: { message, ...(conversationId !== undefined && { conversation_id: conversationId }) },
    timeoutMs: options.timeoutMs ?? TURN_MS,
  };
  return await ask(probe, question, ({ text }) => {
    const data = /^data: ?(\{.*"conversation_id".*\})\r?$/m.exec(text)?.[1];
    const id = valueAt(parseJson(data ?? ''), 'conversation_id');
    return typeof id === 'string' ? id : undefined;
  });
}

async function ask(
  probe: Probe,
  question: Question,
  readId: (answer: Answer) => string | number | undefined,
): Promise<Turn> {
  try {
    const answer = await probe.ask({ timeoutMs: TURN_MS, ...question });
    if (answer.status === 200) return { kind: 'answered', answer, conversationId: readId(answer) };
    const type = answer.headers['content-type'] ?? 'no content type';
    const value = parseJson(answer.text);
    const said = valueAt(value, 'detail') ?? valueAt(value, 'title');
    const detail = typeof said === 'string' ? `: ${said.slice(0, 200)}` : '';
    return { kind: 'failed', why: `it answered ${answer.status} (${type})${detail}` };
  } catch (error) {
    if (error instanceof ProbeError) return { kind: 'failed', why: error.message };
    throw error;
  }
}
