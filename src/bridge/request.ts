import { ReplyError, type Turn } from '../chatkit/responder.ts';
import type { Config } from '../config/schema.ts';
import { findPlaceholders } from '../config/placeholders.ts';
import type { CredentialHeaders } from '../forward/credentials.ts';
import type { UpstreamRequest } from '../forward/upstream/target.ts';
import type { Conversation } from './conversation.ts';
import { loadHistory, messageText } from './history.ts';
import { isObject } from './json-path.ts';
import { render, renderText, toText, type TemplateValues } from './template.ts';
import type { Text } from '../texts/texts.ts';

const CANNOT_ASK: Text = 'The assistant cannot be asked for this.';

/** Makes the requests of one configured endpoint. */
export interface RequestMaker {
  /** Whether the request carries the earlier messages. */
  readonly sendsHistory: boolean;
  /** Whether the request says which model the user picked. */
  readonly sendsModel: boolean;
  make(turn: Turn, conversation: Conversation): Promise<UpstreamRequest>;
}

export function createRequestMaker(options: {
  readonly bridge: Config['chat']['bridge'];
  readonly credentials: CredentialHeaders;
}): RequestMaker {
  const { bridge, credentials } = options;
  const names = new Set(
    [...findPlaceholders([bridge.request, bridge.path, bridge.headers])].map(({ name }) => name),
  );
  const sendsHistory = names.has('history');
  const accept = bridge.response.format === 'json' ? 'application/json' : 'text/event-stream, */*;q=0.5';

  return {
    sendsHistory,
    sendsModel: names.has('model'),
    async make(turn, conversation) {
      const { principal, accessToken, runId, thread } = turn;
      const history = sendsHistory
        ? await loadHistory(turn, bridge, { withInput: !names.has('message') })
        : undefined;
      const values = toValues(turn, conversation, history);
      const body = render(bridge.request, values);
      const path = renderPath(bridge.path, values);
      const isGet = bridge.method === 'GET';
      return {
        method: bridge.method,
        path: isGet ? addQuery(path, body) : path,
        headers: {
          ...(!isGet && { 'content-type': 'application/json' }),
          accept,
          'accept-encoding': 'identity',
          'x-request-id': turn.requestId,
          ...(turn.locale !== '' && { 'accept-language': turn.locale }),
          ...turn.trace,
          ...(await credentials({ principal, accessToken, threadId: thread.id, runId })),
          ...renderHeaders(bridge.headers, values),
        },
        body: isGet ? null : Buffer.from(JSON.stringify(body)),
        signal: turn.signal,
      };
    },
  };
}

function toValues(turn: Turn, conversation: Conversation, history: unknown[] | undefined): TemplateValues {
  const { principal, thread, input } = turn;
  const { name, email } = principal.claims;
  return {
    message: input === undefined ? undefined : messageText(input),
    conversation_id: conversation.id,
    history,
    attachments: input?.attachments.map((file) => ({
      id: file.id,
      name: file.name,
      mime_type: file.mime_type,
      url: turn.attachments.link(file.id),
    })),
    user_id: principal.subject,
    user_issuer: principal.issuer,
    user_key: principal.userKey,
    user_name: [name, email].find((each) => typeof each === 'string'),
    tenant: principal.tenant,
    locale: firstLanguage(turn.locale),
    model: input?.inference_options.model,
    thread_id: thread.id,
  };
}

/** The language that the user wants most, such as `de-CH`. */
function firstLanguage(acceptLanguage: string): string | undefined {
  return /^\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)/.exec(acceptLanguage)?.[1];
}

function addQuery(path: string, body: unknown): string {
  if (!isObject(body)) return path;
  const query = new URLSearchParams(
    Object.entries(body).map(([key, value]): [string, string] => [key, toText(value)]),
  );
  if (query.size === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`;
}

function renderHeaders(
  templates: Readonly<Record<string, string>>,
  values: TemplateValues,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).flatMap(([name, template]) => {
      if (render(template, values) === undefined) return [];
      return [[name.toLowerCase(), renderText(template, values, toHeaderText)]];
    }),
  );
}

/** Header values are ASCII; a name such as `Zoë` is percent-encoded. */
function toHeaderText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text);
}

/** A value within the path is one segment of it and never another place. @throws ReplyError for a value that is not */
function renderPath(template: string, values: TemplateValues): string {
  const query = template.indexOf('?');
  const end = query < 0 ? template.length : query;
  const path = renderText(template.slice(0, end), values, (text) => {
    if (text === '' || /^\.{1,2}$/.test(text) || /[/\\\p{Cc}]/u.test(text)) {
      throw new ReplyError(CANNOT_ASK, {
        allowRetry: false,
        cause: new Error('a value is not fit for chat.bridge.path'),
      });
    }
    return encodeURIComponent(text);
  });
  return path + renderText(template.slice(end), values, encodeURIComponent);
}
