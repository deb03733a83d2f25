import type { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import {
  jwksSchema,
  loginRequestSchema,
  logoutRequestSchema,
  refreshRequestSchema,
  sessionResponseSchema,
  tokenResponseSchema,
} from '../auth/schemas.ts';
import type { ErrorCode } from '../errors/catalogue.ts';
import { limitedHeaders, plainHeaders } from './headers.ts';
import { anyProblem, problems } from './problems.ts';

const TAG = 'Sign-in';
/** No access token is needed. */
const OPEN: never[] = [];
const BODY: readonly ErrorCode[] = [
  'invalid-request',
  'invalid-json',
  'body-too-large',
  'unsupported-media-type',
];

/** Where `auth.service` names a service that signs users in. */
const SERVICE: readonly ErrorCode[] = [
  'upstream-unreachable',
  'upstream-failed',
  'upstream-unavailable',
  'upstream-timeout',
];

const body = (schema: z.ZodType, summary: string) => ({
  required: true,
  content: { 'application/json': { schema, examples: { request: { summary, value: exampleOf(schema) } } } },
});
const json = (schema: z.ZodType, summary: string, mediaType = 'application/json') => ({
  [mediaType]: { schema, examples: { answer: { summary, value: exampleOf(schema) } } },
});

export function authPaths(): ZodOpenApiPathsObject {
  return {
    '/api/auth/login': { post: login() },
    '/api/auth/refresh': { post: refresh() },
    '/api/auth/logout': { post: logout() },
    '/api/auth/session': { get: session() },
    '/.well-known/jwks.json': { get: jwks() },
  };
}

function login(): ZodOpenApiOperationObject {
  return {
    tags: [TAG],
    operationId: 'login',
    summary: 'Sign in',
    description:
      'A wrong password, an unknown user and a disabled one get the same answer. Attempts are limited by address and by account. ' +
      'Where the gateway takes the tokens of a service, the service signs in, and this route exists when the configuration names its own.',
    security: OPEN,
    requestBody: body(loginRequestSchema, 'E-mail address and password'),
    responses: {
      '200': {
        description: 'Signed in.',
        headers: limitedHeaders,
        content: json(tokenResponseSchema, 'A pair of tokens'),
      },
      ...problems(
        ...BODY,
        'invalid-credentials',
        'rate-limited',
        'overloaded',
        'store-unavailable',
        ...SERVICE,
      ),
      default: anyProblem,
    },
  };
}

function refresh(): ZodOpenApiOperationObject {
  return {
    tags: [TAG],
    operationId: 'refresh',
    summary: 'Get a new pair of tokens',
    description:
      'The refresh token can be used once. Using it again later ends the session, because then somebody else may have it.',
    security: OPEN,
    requestBody: body(refreshRequestSchema, 'The newest refresh token'),
    responses: {
      '200': {
        description: 'A new pair of tokens.',
        headers: limitedHeaders,
        content: json(tokenResponseSchema, 'A pair of tokens'),
      },
      ...problems(...BODY, 'invalid-refresh-token', 'rate-limited', 'store-unavailable', ...SERVICE),
      default: anyProblem,
    },
  };
}

function logout(): ZodOpenApiOperationObject {
  return {
    tags: [TAG],
    operationId: 'logout',
    summary: 'End a session',
    description:
      'The session is the one of the refresh token in the body or, without a body, of the access token.',
    security: [{ accessToken: [] }, {}],
    requestBody: { ...body(logoutRequestSchema, 'The session of a refresh token'), required: false },
    responses: {
      '204': { description: 'The session has ended.', headers: plainHeaders },
      ...problems(...BODY, 'unauthenticated', 'invalid-token', 'store-unavailable', ...SERVICE),
      default: anyProblem,
    },
  };
}

function session(): ZodOpenApiOperationObject {
  return {
    tags: [TAG],
    operationId: 'getSession',
    summary: 'Who is signed in, and what answers',
    responses: {
      '200': {
        description: 'The session.',
        headers: plainHeaders,
        content: json(sessionResponseSchema, 'A session'),
      },
      ...problems('unauthenticated', 'invalid-token', 'store-unavailable', 'keys-unavailable'),
      default: anyProblem,
    },
  };
}

function jwks(): ZodOpenApiOperationObject {
  return {
    tags: [TAG],
    operationId: 'getKeys',
    summary: 'The public keys of the access tokens',
    description: 'For a service that verifies the tokens of the gateway by itself.',
    security: OPEN,
    responses: {
      '200': {
        description: 'A JSON Web Key Set.',
        headers: plainHeaders,
        content: json(jwksSchema, 'One key', 'application/jwk-set+json'),
      },
      default: anyProblem,
    },
  };
}

/** The example that stands beside the schema itself. */
function exampleOf(schema: z.ZodType): unknown {
  const example = schema.meta()?.['example'];
  if (example === undefined) throw new Error('the schema has no example');
  return example;
}
