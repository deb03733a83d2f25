import type { JsonObject } from '../../probe/json.ts';
import { propertiesOf, type Description, type Operation } from './openapi.ts';
import { toRequestTemplate, type RequestTemplate } from './request-template.ts';

/** An operation that may be the chat endpoint, and how it would be asked. */
export interface ChatCandidate extends RequestTemplate {
  readonly method: 'POST' | 'PUT' | 'GET';
  readonly path: string;
  readonly security: readonly string[];
  readonly score: number;
  readonly why: string;
}

const PATH_WORDS: readonly (readonly [RegExp, number])[] = [
  [/chat/, 5],
  [/completion|assistant|converse|conversation/, 4],
  [/ask|generate|message|stream|prompt|reply|respond|agent|bot|llm/, 3],
  [/query|answer|invoke|run|ai\b/, 2],
];
const UNFIT =
  /(auth|login|logout|token|register|signup|user|password|feedback|search|upload|file|attachment|title|embed|moderat|health|transcri)/;

/** The operations of a service that may be its chat endpoint, the likeliest first. */
export function findChatCandidates(description: Description): ChatCandidate[] {
  return description.operations
    .map((operation) => toCandidate(description, operation))
    .filter((candidate) => candidate !== undefined)
    .sort((left, right) => right.score - left.score);
}

function toCandidate(description: Description, operation: Operation): ChatCandidate | undefined {
  const { path, words, bodyType, body } = operation;
  if (path.includes('{')) return undefined;
  const method = operation.method === 'POST' || operation.method === 'PUT' ? operation.method : undefined;
  const template =
    method !== undefined && bodyType === 'json' && body !== undefined
      ? toRequestTemplate(description, body, operation.parameters)
      : operation.method === 'GET'
        ? toQueryTemplate(description, operation)
        : undefined;
  if (template === undefined) return undefined;
  const lower = path.toLowerCase();
  const fromPath = PATH_WORDS.find(([pattern]) => pattern.test(lower))?.[1] ?? 0;
  const fromWords = PATH_WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? 0;
  const streams = operation.answers.some((type) => /event-stream|ndjson/.test(type)) ? 3 : 0;
  const unfit = UNFIT.test(lower) ? -6 : 0;
  const score = fromPath * 2 + fromWords + template.strength * 2 + streams + unfit - (method ? 0 : 4);
  if (score < 6) return undefined;
  return {
    ...template,
    method: method ?? 'GET',
    path: `${path}${template.query}`,
    security: operation.security,
    score,
    why: `it takes ${template.messageField}${fromPath > 0 ? ', and its path speaks of a chat' : ''}`,
  };
}

/** For an operation that takes its message in the query. */
function toQueryTemplate(description: Description, operation: Operation): RequestTemplate | undefined {
  const query = operation.parameters.filter((each) => each.in === 'query');
  const body: JsonObject = {
    properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
    required: query.filter((each) => each.required).map(({ name }) => name),
  };
  return propertiesOf(description, body).length === 0 ? undefined : toRequestTemplate(description, body, []);
}
