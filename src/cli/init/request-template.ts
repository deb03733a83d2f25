import { isObject } from '../../probe/json.ts';
import { isRequired, propertiesOf, type Description, type Parameter, type Schema } from './openapi.ts';

/** How an endpoint is asked: the keys of chat.bridge that describe its request. */
export interface RequestTemplate {
  readonly request: Readonly<Record<string, unknown>>;
  /** What is appended to the path: empty, or a query with placeholders. */
  readonly query: string;
  /** Name of the field of the message, for people. */
  readonly messageField: string;
  /** Path of the conversation id in the request, and where it stands. */
  readonly idField: { readonly path: string; readonly in: 'body' | 'query' } | undefined;
  /** The whole history is sent, so that there is no id to keep. */
  readonly sendsHistory: boolean;
  /** One message of the history, where it is not {role, content}. */
  readonly historyMessage: Readonly<Record<string, unknown>> | undefined;
  /** How surely this is a message, 1 to 3. */
  readonly strength: number;
  /** Required fields whose value is a guess. */
  readonly guesses: readonly string[];
}

const MESSAGE_NAMES: Readonly<Record<string, number>> = {
  message: 3,
  prompt: 3,
  question: 3,
  usermessage: 3,
  userinput: 3,
  query: 2,
  input: 2,
  text: 2,
  msg: 2,
  utterance: 2,
  userquery: 3,
  content: 1,
  q: 1,
};
const HISTORY_NAMES = /^(messages|history|chathistory|conversationhistory)$/;
const ID_NAMES =
  /^(conversation|session|thread|chat|dialog|dialogue|context)(id|uuid|key)?$|^(conv|convo)id$/;

export const plainName = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');
export const isConversationName = (name: string) => ID_NAMES.test(plainName(name));

interface Building {
  messageField: string | undefined;
  idField: RequestTemplate['idField'];
  sendsHistory: boolean;
  historyMessage: RequestTemplate['historyMessage'];
  strength: number;
  guesses: string[];
}

/** The template of a request by the schema of its body; nothing where no field takes a message. */
export function toRequestTemplate(
  description: Pick<Description, 'resolve'>,
  body: Schema,
  parameters: readonly Parameter[],
): RequestTemplate | undefined {
  const building: Building = {
    messageField: undefined,
    idField: undefined,
    sendsHistory: false,
    historyMessage: undefined,
    strength: 0,
    guesses: [],
  };
  const request = fill(description, body, [], building);
  if (building.messageField === undefined) return undefined;
  const query = toQuery(parameters, building);
  const { messageField, idField, sendsHistory, historyMessage, strength, guesses } = building;
  return { request, query, messageField, idField, sendsHistory, historyMessage, strength, guesses };
}

function fill(
  description: Pick<Description, 'resolve'>,
  schema: Schema,
  at: readonly string[],
  building: Building,
): Record<string, unknown> {
  const properties = propertiesOf(description, schema);
  const request: Record<string, unknown> = {};
  const [message] = properties
    .filter(([name, child]) => isText(child) && MESSAGE_NAMES[plainName(name)] !== undefined)
    .sort(
      ([left], [right]) => (MESSAGE_NAMES[plainName(right)] ?? 0) - (MESSAGE_NAMES[plainName(left)] ?? 0),
    );
  for (const [name, child] of properties) {
    const path = [...at, name];
    if (name === message?.[0] && building.messageField === undefined) {
      building.messageField = `"${path.join('.')}"`;
      building.strength = MESSAGE_NAMES[plainName(name)] ?? 1;
      request[name] = '{{message}}';
    } else if (HISTORY_NAMES.test(plainName(name)) && isList(child)) {
      request[name] = '{{history}}';
      building.sendsHistory = true;
      building.historyMessage = toHistoryMessage(description, child);
      if (message === undefined) {
        building.messageField ??= `"${path.join('.')}", a list of messages`;
        building.strength = 3;
      }
    } else if (isConversationName(name) && (isText(child) || isNumber(child))) {
      request[name] = '{{conversation_id}}';
      building.idField ??= { path: path.join('.'), in: 'body' };
    } else {
      const value = fillOther(description, { schema, name, child, at }, building);
      if (value !== undefined) request[name] = value;
    }
  }
  return request;
}

/** What a field gets that is neither the message nor the id: nothing, where the service does without. */
function fillOther(
  description: Pick<Description, 'resolve'>,
  field: { schema: Schema; name: string; child: Schema; at: readonly string[] },
  building: Building,
): unknown {
  const { schema, name, child, at } = field;
  const plain = plainName(name);
  if (plain === 'stream' || plain === 'streaming') return true;
  if (isObject(child['properties']) && at.length < 2) {
    const before = building.messageField;
    const inner = fill(description, child, [...at, name], building);
    if (isRequired(schema, name) || building.messageField !== before) return inner;
    return undefined;
  }
  if (/^(userid|user|uid)$/.test(plain) && isText(child)) {
    return isRequired(schema, name) ? '{{user_id}}' : undefined;
  }
  if (!isRequired(schema, name) || child['default'] !== undefined) return undefined;
  if (plain === 'id') return '{{thread_id}}';
  if (plain === 'username') return '{{user_name}}';
  if (/^(locale|lang|language)$/.test(plain)) return '{{locale}}';
  building.guesses.push([...at, name].join('.'));
  return guess(child);
}

function guess(schema: Schema): unknown {
  const choices = schema['enum'];
  if (Array.isArray(choices) && choices.length > 0) return choices[0] as unknown;
  if (schema['const'] !== undefined) return schema['const'];
  switch (schema['type']) {
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 0;
    case 'array':
      return [];
    case 'object':
      return {};
    default:
      return 'default';
  }
}

function toHistoryMessage(
  description: Pick<Description, 'resolve'>,
  list: Schema,
): Readonly<Record<string, unknown>> | undefined {
  const item = description.resolve(list['items']);
  const names = propertiesOf(description, item);
  const has = (name: string) => names.some(([each]) => each === name);
  if (names.length === 0 || (has('role') && has('content'))) return undefined;
  if (has('parts')) return { role: '{{role}}', parts: [{ type: 'text', text: '{{content}}' }] };
  const role = ['role', 'sender', 'author', 'from', 'type'].find(has);
  const content = ['content', 'text', 'message', 'body'].find(has);
  if (role === undefined || content === undefined) return undefined;
  return { [role]: '{{role}}', [content]: '{{content}}' };
}

function toQuery(parameters: readonly Parameter[], building: Building): string {
  const pairs = parameters.flatMap(({ name, in: place, required, schema }) => {
    if (place !== 'query') return [];
    if (building.idField === undefined && isConversationName(name)) {
      building.idField = { path: name, in: 'query' };
      return [`${encodeURIComponent(name)}={{thread_id}}`];
    }
    if (!required || schema['default'] !== undefined) return [];
    building.guesses.push(name);
    return [`${encodeURIComponent(name)}=${encodeURIComponent(String(guess(schema)))}`];
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function isText(schema: Schema): boolean {
  return schema['type'] === 'string' || (schema['type'] === undefined && !isObject(schema['properties']));
}

function isNumber(schema: Schema): boolean {
  return schema['type'] === 'integer' || schema['type'] === 'number';
}

function isList(schema: Schema): boolean {
  return schema['type'] === 'array';
}

/** Placeholders filled in as the gateway does, for the requests that this program sends. */
export function renderTemplate(template: unknown, values: Readonly<Record<string, unknown>>): unknown {
  if (typeof template === 'string') {
    const whole = /^\{\{(\w+)\}\}$/.exec(template)?.[1];
    if (whole !== undefined) return values[whole];
    return template.replaceAll(/\{\{(\w+)\}\}/g, (_match, name: string) => {
      const value = values[name];
      return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    });
  }
  if (Array.isArray(template)) return template.map((each) => renderTemplate(each, values));
  if (!isObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template)
      .map(([key, value]) => [key, renderTemplate(value, values)] as const)
      .filter(([, value]) => value !== undefined),
  );
}
