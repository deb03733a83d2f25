import type { Finding } from './finding.ts';
import { findPlaceholders, MESSAGE_PLACEHOLDERS, PLACEHOLDER_PATTERN, PLACEHOLDERS } from './placeholders.ts';
import type { Config } from './schema.ts';

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Headers that belong to the connection and not to the request. */
const OWN_HEADERS = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** They may be long, hold line breaks, or be lists. */
const BODY_ONLY = new Set<string>(['message', 'history', 'attachments']);
const ONE_LINE = PLACEHOLDERS.filter((name) => !BODY_ONLY.has(name));
/** Issuers are addresses, whose slashes would lead to another path. */
const NOT_IN_PATH = new Set<string>(['user_issuer', 'user_key']);
const SEGMENT = ONE_LINE.filter((name) => !NOT_IN_PATH.has(name));

/** What is wrong with the templates and paths of chat.bridge. */
export function* checkBridge(bridge: Config['chat']['bridge']): Generator<Finding> {
  yield* checkPlaceholders('request', bridge.request, PLACEHOLDERS);
  yield* checkPlaceholders('historyMessage', bridge.historyMessage, MESSAGE_PLACEHOLDERS);
  yield* checkPlaceholders('headers', bridge.headers, ONE_LINE);
  const [segments = '', ...query] = bridge.path.split('?');
  yield* checkPlaceholders('path', segments, SEGMENT);
  yield* checkPlaceholders('path', query.join('?'), ONE_LINE);
  for (const name of Object.keys(bridge.headers)) {
    if (!TOKEN.test(name) || OWN_HEADERS.has(name.toLowerCase())) {
      yield {
        path: ['chat', 'bridge', 'headers', name],
        weight: 'refuse',
        message: 'is no header that can be set here',
      };
    }
  }
  for (const [name, value] of Object.entries(bridge.headers)) {
    if (!/^[\t\x20-\x7e]*$/.test(value)) {
      yield {
        path: ['chat', 'bridge', 'headers', name],
        weight: 'refuse',
        message: 'must be one line of ASCII',
      };
    }
  }
  const path = bridge.path.replaceAll(PLACEHOLDER_PATTERN, 'x');
  const url = new URL(path, 'http://upstream');
  if (`${url.pathname}${url.search}` !== path) {
    yield {
      path: ['chat', 'bridge', 'path'],
      weight: 'refuse',
      message: 'must be a plain path such as /chat or /chat?stream=1',
    };
  }
}

function* checkPlaceholders(
  key: 'request' | 'historyMessage' | 'headers' | 'path',
  template: unknown,
  known: readonly string[],
): Generator<Finding> {
  for (const { name, path } of findPlaceholders(template)) {
    if (known.includes(name)) continue;
    yield {
      path: ['chat', 'bridge', key, ...path],
      weight: 'refuse',
      message: `has the unknown placeholder {{${name}}}; known here: ${known.join(', ')}`,
    };
  }
}
