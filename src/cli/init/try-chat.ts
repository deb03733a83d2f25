import type { Answer, Probe } from '../../probe/http.ts';
import { isObject, listLeaves, parseJson, valueAt } from '../../probe/json.ts';
import { recognise, type Recognition } from '../../probe/recognise.ts';
import type { ChatCandidate } from './find-chat.ts';
import { isConversationName, plainName, renderTemplate } from './request-template.ts';

/** Where the conversation id comes from: the keys of chat.bridge.conversationId. */
export interface ConversationFinding {
  readonly from: 'response' | 'header' | 'thread' | 'none';
  readonly path?: string;
  readonly header?: string;
  readonly why: string;
  /** Whether a second message with the id was seen to be of the same conversation. */
  readonly isKept: boolean | undefined;
}

export interface ChatFinding {
  readonly candidate: ChatCandidate;
  readonly recognition: Recognition;
  readonly conversation: ConversationFinding;
  /** What the service answered at first, for the report. */
  readonly type: string;
}

export type ChatAttempt =
  | { readonly kind: 'found'; readonly finding: ChatFinding }
  | { readonly kind: 'locked' }
  | { readonly kind: 'failed'; readonly why: string };

const FIRST = 'Hello';
const SECOND = 'Hello again';
const CHAT_MS = 60_000;
const MAX_LEARNT = 3;

/** Sends one short message, and a second one of the same conversation. */
export async function tryChat(
  probe: Probe,
  upstream: string,
  candidate: ChatCandidate,
  headers: Readonly<Record<string, string>>,
): Promise<ChatAttempt> {
  const ownId = crypto.randomUUID();
  let tried = candidate;
  let answer = await sendMessage(probe, upstream, tried, headers, { message: FIRST, threadId: ownId });
  for (let attempt = 0; attempt < MAX_LEARNT && answer.status === 422; attempt += 1) {
    const learnt = learnFrom(answer, tried);
    if (learnt === undefined) break;
    tried = learnt;
    answer = await sendMessage(probe, upstream, tried, headers, { message: FIRST, threadId: ownId });
  }
  if (answer.status === 401 || answer.status === 403) return { kind: 'locked' };
  if (answer.status !== 200) return { kind: 'failed', why: describeRefusal(answer) };
  const recognition = recognise(answer);
  if (recognition === undefined) {
    const type = answer.headers['content-type'] ?? 'no content type';
    return { kind: 'failed', why: `it answered ${type} in which no reply can be found` };
  }
  const conversation = await findConversation({ tried, answer, recognition, ownId }, (values) =>
    sendMessage(probe, upstream, tried, headers, values),
  );
  const type = answer.headers['content-type'] ?? 'no content type';
  return { kind: 'found', finding: { candidate: tried, recognition, conversation, type } };
}

interface MessageValues {
  readonly message: string;
  readonly threadId: string;
  readonly id?: string | number;
  readonly earlier?: string;
}

async function sendMessage(
  probe: Probe,
  upstream: string,
  candidate: ChatCandidate,
  headers: Readonly<Record<string, string>>,
  { message, threadId, id, earlier }: MessageValues,
): Promise<Answer> {
  const turn = (role: string, content: string) =>
    renderTemplate(candidate.historyMessage ?? { role: '{{role}}', content: '{{content}}' }, {
      role,
      content,
    });
  const history =
    earlier === undefined
      ? [turn('user', message)]
      : [turn('user', FIRST), turn('assistant', earlier), turn('user', message)];
  const values = {
    message,
    history,
    conversation_id: id,
    thread_id: threadId,
    user_id: 'chatkit-gateway-init',
    user_name: 'ChatKit Gateway',
    locale: 'en',
  };
  const body = renderTemplate(candidate.request, values);
  const path = candidate.path.replaceAll(/\{\{(\w+)\}\}/g, (_match, name: string) =>
    encodeURIComponent(String(values[name as keyof typeof values] ?? '')),
  );
  const accept = { accept: 'text/event-stream, application/json;q=0.9, */*;q=0.5', ...headers };
  if (candidate.method === 'GET') {
    const query = new URLSearchParams(
      Object.entries(isObject(body) ? body : {}).map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
    const url = `${upstream}${path}${path.includes('?') ? '&' : '?'}${query.toString()}`;
    return await probe.ask({ method: 'GET', url, headers: accept, timeoutMs: CHAT_MS });
  }
  const url = `${upstream}${path}`;
  return await probe.ask({ method: candidate.method, url, headers: accept, json: body, timeoutMs: CHAT_MS });
}

/** FastAPI says which fields it misses: they are taken for what their names say. */
function learnFrom(answer: Answer, candidate: ChatCandidate): ChatCandidate | undefined {
  const detail = valueAt(parseJson(answer.text), 'detail');
  if (!Array.isArray(detail)) return undefined;
  const missing = detail
    .filter((each) => isObject(each) && each['type'] === 'missing' && Array.isArray(each['loc']))
    .map((each) => (each as { loc: unknown[] }).loc.map(String))
    .filter(([place, ...rest]) => place === 'body' && rest.length === 1)
    .map(([, name]) => name ?? '');
  const [name] = missing;
  if (name === undefined) return undefined;
  if (/^(messages|history)$/.test(name)) {
    return {
      ...candidate,
      request: { [name]: '{{history}}' },
      messageField: `"${name}"`,
      sendsHistory: true,
    };
  }
  const idField = missing.find(isConversationName);
  return {
    ...candidate,
    request: {
      [missing.find((each) => !isConversationName(each)) ?? name]: '{{message}}',
      ...(idField === undefined ? {} : { [idField]: '{{thread_id}}' }),
    },
    messageField: `"${name}"`,
    idField: idField === undefined ? undefined : { path: idField, in: 'body' },
  };
}

function describeRefusal({ status, text, headers }: Answer): string {
  if (status === 404) return 'there is nothing at this path (404)';
  if (status === 405) return 'it does not take this method (405)';
  const detail = valueAt(parseJson(text), 'detail');
  const said = detail === undefined ? '' : `: ${JSON.stringify(detail).slice(0, 200)}`;
  return `it answered ${status} ${headers['content-type'] ?? ''}${said}`;
}

interface FirstTurn {
  readonly tried: ChatCandidate;
  readonly answer: Answer;
  readonly recognition: Recognition;
  readonly ownId: string;
}

async function findConversation(
  { tried, answer, recognition, ownId }: FirstTurn,
  send: (values: MessageValues) => Promise<Answer>,
): Promise<ConversationFinding> {
  if (tried.sendsHistory) {
    const second = await send({ message: SECOND, threadId: ownId, earlier: recognition.reply });
    return {
      from: 'thread',
      why: 'the whole history is sent with each message, so there is no id to keep',
      isKept: second.status === 200,
    };
  }
  const header = findHeader(answer);
  const inFrames = findInValues(recognition.values, tried);
  if (tried.idField?.in === 'query' || (header === undefined && inFrames === undefined)) {
    if (tried.idField === undefined) {
      return {
        from: 'none',
        why: 'it takes no conversation id and tells none: it sees each message by itself',
        isKept: undefined,
      };
    }
    const second = await send({ message: SECOND, threadId: ownId, id: ownId });
    return {
      from: 'thread',
      why: `its answer tells no id, so the gateway gives the id of its own thread as "${tried.idField.path}"`,
      isKept: second.status === 200 ? undefined : false,
    };
  }
  const id = inFrames?.value ?? header?.value ?? '';
  const second = await send({ message: SECOND, threadId: ownId, id });
  const again = recognise(second);
  if (inFrames !== undefined) {
    const repeated = (again?.values ?? []).map((value) => valueAt(value, inFrames.path));
    return {
      from: 'response',
      path: inFrames.path,
      why: `a frame of its answer tells it in "${inFrames.path}"`,
      isKept: second.status === 200 && repeated.includes(id),
    };
  }
  const name = header?.name ?? '';
  return {
    from: 'header',
    header: name,
    why: `the response header ${name} tells it`,
    isKept: second.status === 200 && second.headers[name.toLowerCase()] === id,
  };
}

function findHeader({ headers }: Answer): { name: string; value: string } | undefined {
  const name = Object.keys(headers).find((each) => isConversationName(each.replace(/^x-/, '')));
  if (name === undefined) return undefined;
  const shown = name.replaceAll(/(^|-)([a-z])/g, (match) => match.toUpperCase());
  return { name: shown, value: headers[name] ?? '' };
}

/** The field that is named as the one of the request is, else one whose name says that it is such an id. */
function findInValues(
  values: readonly unknown[],
  { idField }: ChatCandidate,
): { path: string; value: string | number } | undefined {
  const leaves = values.slice(0, 200).flatMap(listLeaves);
  const nameOf = (path: string) => path.split('.').at(-1) ?? '';
  const wanted = idField === undefined ? undefined : plainName(nameOf(idField.path));
  const fitting = leaves.filter(({ value }) => value !== '');
  return (
    fitting.find(({ path }) => plainName(nameOf(path)) === wanted) ??
    fitting.find(({ path }) => isConversationName(nameOf(path)))
  );
}
