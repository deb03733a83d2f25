import { z } from 'zod';
import type {
  ZodOpenApiExampleObject,
  ZodOpenApiResponseObject,
  ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { CATALOGUE, type ErrorCode } from '../errors/catalogue.ts';
import { GatewayError, type GatewayErrorOptions } from '../errors/gateway-error.ts';
import { problemSchema, toProblem } from '../http/problem.ts';
import { REQUEST_ID } from './examples/conversation.ts';
import { headers } from './headers.ts';

/** What an example says besides the title. */
const DETAILS: Readonly<Partial<Record<ErrorCode, GatewayErrorOptions>>> = {
  'invalid-request': {
    problems: [
      { pointer: '/params/thread_id', detail: 'Invalid input: expected string, received undefined' },
    ],
  },
  'unknown-operation': { detail: 'There is no operation "threads.archive".' },
  'method-not-allowed': { detail: 'Use POST.' },
  'model-not-allowed': { detail: 'Choose one of these models: gpt-5-mini, gpt-5.' },
  'tool-not-allowed': {
    detail: 'Choose one of these tools: add_task, list_tasks, complete_task, delete_task.',
  },
  'not-implemented': {
    detail: 'Speech to text is not set up here.',
  },
  'audio-not-usable': { detail: 'The recording is no audio/webm.' },
  'rate-limited': { detail: 'Try again in 12 seconds.' },
  'invalid-upload': { detail: 'The form has no file in the field "file".' },
  'attachment-too-large': { detail: 'A file may have at most 104857600 bytes.' },
  'attachment-type-not-accepted': { detail: 'Files of the type text/html cannot be attached.' },
  'attachment-mismatch': {
    detail: 'The file was announced as image/png, but its content is text.',
  },
  'attachment-refused': { detail: 'Only contracts can be attached here.' },
  'attachment-limit-reached': { detail: 'You can keep at most 1000 files.' },
  'reply-failed': { detail: 'The model is busy at the moment. Please try again.' },
  'unsupported-media-type': { detail: 'Send Content-Type: application/json.' },
};

const RETRY_AFTER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'rate-limited',
  'transcription-unavailable',
  'keys-unavailable',
  'overloaded',
  'shutting-down',
]);
const CHALLENGED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['unauthenticated', 'invalid-token']);

/** Every code as an example, for the responses to refer to. */
export function problemExamples(codes: Iterable<ErrorCode>): Record<string, ZodOpenApiExampleObject> {
  return Object.fromEntries(
    [...codes].sort().map((code) => [
      code,
      {
        summary: CATALOGUE[code].title,
        value: toProblem(new GatewayError(code, DETAILS[code]), REQUEST_ID),
      },
    ]),
  );
}

/** One response for each status of these codes. */
export function problems(...codes: readonly ErrorCode[]): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy(codes, (code) => CATALOGUE[code].status);
  const statuses = [...byStatus.keys()].sort((left, right) => left - right);
  return Object.fromEntries(
    statuses.map((status) => [String(status), toResponse(byStatus.get(status) ?? [])]),
  );
}

/** For what any route can answer: see the table of codes in the description of the contract. */
export const anyProblem: ZodOpenApiResponseObject = {
  id: 'AnyProblem',
  description: 'Any other refusal or failure, for example 400, 405, 408, 431 or 500.',
  headers: z.object({ 'X-Request-Id': headers.requestId }),
  content: { 'application/problem+json': { schema: problemSchema } },
};

function toResponse(codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const list = codes.map((code) => `\`${code}\`: ${CATALOGUE[code].title}.`);
  return {
    description: list.join('\n\n'),
    headers: z.object({
      'X-Request-Id': headers.requestId,
      ...(codes.some((code) => CHALLENGED.has(code)) ? { 'WWW-Authenticate': headers.challenge } : {}),
      ...(codes.some((code) => RETRY_AFTER.has(code)) ? { 'Retry-After': headers.retryAfter } : {}),
      ...(codes.includes('rate-limited') ? limitHeaders : {}),
    }),
    content: {
      'application/problem+json': {
        schema: problemSchema,
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

const limitHeaders = { RateLimit: headers.rateLimit, 'RateLimit-Policy': headers.rateLimitPolicy };

/** The codes as a table of Markdown. */
export function problemTable(): string {
  const codes = Object.entries(CATALOGUE).sort(
    ([left, { status: a }], [right, { status: b }]) => a - b || left.localeCompare(right, 'en'),
  );
  return [
    '| status | code | meaning |',
    '|---|---|---|',
    ...codes.map(([code, { status, title }]) => `| ${status} | \`${code}\` | ${title} |`),
  ].join('\n');
}
