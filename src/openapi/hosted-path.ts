import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { hostedSession, hostedSessionRequest } from '../chat/hosted/schemas.ts';
import { limitedHeaders } from './headers.ts';
import { anyProblem, problems } from './problems.ts';

const SECRET = hostedSession.meta()?.['example'];
const REQUEST = hostedSessionRequest.meta()?.['example'];

/** `POST /api/chatkit/session`: for front ends whose ChatKit talks to OpenAI itself. */
export function hostedPath(): ZodOpenApiPathsObject {
  return {
    '/api/chatkit/session': {
      post: {
        tags: ['ChatKit'],
        operationId: 'createHostedSession',
        summary: 'A client secret for ChatKit hosted by OpenAI',
        description:
          "What ChatKit's `api.getClientSecret` calls, at the start and before the secret expires. The secret is always a " +
          'new one for the user of the access token. Without `chat.hosted.workflowId` in the configuration the answer is 404.',
        requestBody: {
          required: false,
          content: {
            'application/json': {
              schema: hostedSessionRequest,
              examples: { refresh: { summary: 'Before the current secret expires', value: REQUEST } },
            },
          },
        },
        responses: {
          '200': {
            description: 'A client secret.',
            headers: limitedHeaders,
            content: {
              'application/json': {
                schema: hostedSession,
                examples: { answer: { summary: 'Ten minutes for one user', value: SECRET } },
              },
            },
          },
          ...problems(
            'invalid-request',
            'invalid-json',
            'unauthenticated',
            'invalid-token',
            'insufficient-scope',
            'not-found',
            'body-too-large',
            'unsupported-media-type',
            'rate-limited',
            'upstream-unreachable',
            'upstream-failed',
            'upstream-timeout',
          ),
          default: anyProblem,
        },
      },
    },
  };
}
