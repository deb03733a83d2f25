import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { headers, plainHeaders } from './headers.ts';
import { anyProblem } from './problems.ts';

const TAG = 'Service';

/** Health, and the contract itself. */
export function servicePaths(): ZodOpenApiPathsObject {
  return {
    '/healthz': {
      get: {
        ...open('getHealth', 'The process answers'),
        responses: { '200': status('It does.', 'Health', 'ok'), default: anyProblem },
      },
    },
    '/readyz': {
      get: {
        ...open('getReadiness', 'The gateway can serve requests'),
        description: 'Not ready: the store cannot be reached, or the gateway is shutting down.',
        responses: {
          '200': status('It can.', 'Ready', 'ready'),
          '503': status('It cannot at the moment.', 'NotReady', 'not ready'),
          default: anyProblem,
        },
      },
    },
    '/openapi.yaml': {
      get: {
        ...open('getContract', 'This contract'),
        responses: {
          '200': {
            description: 'OpenAPI 3.1.',
            headers: plainHeaders,
            content: text('application/yaml', 'openapi: 3.1.1\n'),
          },
          default: anyProblem,
        },
      },
    },
    '/docs': {
      get: {
        ...open('getDocs', 'This contract as a page'),
        responses: {
          '200': {
            description: 'A page that loads nothing from elsewhere.',
            headers: plainHeaders,
            content: text('text/html', '<!doctype html>\n'),
          },
          default: anyProblem,
        },
      },
    },
    '/': {
      get: {
        ...open('getStart', 'Go to the page of the contract'),
        responses: {
          '302': {
            description: 'To `/docs`.',
            headers: z.object({ 'X-Request-Id': headers.requestId, Location: headers.location }),
          },
          default: anyProblem,
        },
      },
    },
  };
}

function open(operationId: string, summary: string): Omit<ZodOpenApiOperationObject, 'responses'> {
  return { tags: [TAG], operationId, summary, security: [] };
}

function status(description: string, id: string, value: string) {
  return {
    description,
    headers: plainHeaders,
    content: {
      'application/json': {
        schema: z.object({ status: z.literal(value) }).meta({ id }),
        examples: { answer: { summary: value, value: { status: value } } },
      },
    },
  };
}

function text(mediaType: string, value: string) {
  return { [mediaType]: { schema: z.string(), examples: { answer: { summary: 'The beginning', value } } } };
}
