import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { attachment } from '../chatkit/protocol/items.ts';
import type { ErrorCode } from '../errors/catalogue.ts';
import { ATTACHMENT_ID, fileAttachment, imageAttachment } from './examples/conversation.ts';
import { headers, plainHeaders } from './headers.ts';
import { anyProblem, problems } from './problems.ts';

const TAG = 'Attachments';

const UPLOAD: readonly ErrorCode[] = [
  'invalid-upload',
  'unauthenticated',
  'invalid-token',
  'request-timeout',
  'attachment-limit-reached',
  'attachment-too-large',
  'attachment-type-not-accepted',
  'unsupported-media-type',
  'attachment-mismatch',
  'attachment-refused',
  'rate-limited',
  'overloaded',
  'attachments-unavailable',
  'store-unavailable',
];

const path = z.object({
  id: z.string().meta({ description: 'The id of the attachment.', example: ATTACHMENT_ID }),
});
const link = z.object({
  expires: z
    .string()
    .optional()
    .meta({ description: 'Of a link that was given to you. It stands for the access token.' }),
  signature: z.string().optional().meta({ description: 'Belongs to `expires`.' }),
});
const form = z
  .object({ file: z.string().meta({ format: 'binary', description: 'The one file.' }) })
  .meta({ id: 'FileForm' });
const binary = z.string().meta({ format: 'binary' });
const formBody = {
  schema: form,
  examples: { file: { summary: 'A form with the one file', value: { file: '(the bytes)' } } },
};
const bytes = {
  schema: binary,
  examples: { file: { summary: 'The bytes of the file', value: '(the bytes)' } },
};

/** Files that users attach, where the built-in agent answers. */
export function attachmentPaths(): ZodOpenApiPathsObject {
  return {
    '/api/attachments': {
      post: {
        tags: [TAG],
        operationId: 'uploadAttachment',
        summary: 'Upload a file in one request',
        description:
          "What ChatKit's `uploadStrategy: { type: 'direct', uploadUrl }` points at. The type is told by the content: a " +
          'file that is not what it is announced as is refused. A file that no message uses is deleted after a while.',
        requestBody: { required: true, content: { 'multipart/form-data': formBody } },
        responses: { '200': kept(), ...problems(...UPLOAD), default: anyProblem },
      },
    },
    '/api/attachments/{id}/content': {
      get: {
        ...linked('getAttachmentContent', 'Get the content of a file'),
        description:
          'By access token or by a signed link. Safe images are shown in place, everything else is saved. Ranges are ' +
          'supported. Where files are kept in a bucket, the answer is a redirect to it.',
        responses: {
          '200': content('The whole file.'),
          '206': content('A part of it.'),
          '302': {
            description: 'To the bucket, for a while.',
            headers: z.object({ 'X-Request-Id': headers.requestId, Location: headers.location }),
          },
          ...problems(
            'unauthenticated',
            'invalid-token',
            'invalid-link',
            'attachment-not-found',
            'attachment-not-uploaded',
            'range-not-satisfiable',
            'attachment-mismatch',
            'rate-limited',
            'attachments-unavailable',
            'store-unavailable',
          ),
          default: anyProblem,
        },
      },
      post: fill('fillAttachment'),
      put: fill('putAttachment'),
    },
  };
}

function linked(operationId: string, summary: string): Omit<ZodOpenApiOperationObject, 'responses'> {
  return {
    tags: [TAG],
    operationId,
    summary,
    security: [{ accessToken: [] }, {}],
    requestParams: { path, query: link },
  };
}

function fill(operationId: string): ZodOpenApiOperationObject {
  return {
    ...linked(operationId, 'Upload the content of an announced file'),
    description:
      'The second half of `attachments.create`, whose `upload_descriptor` holds the address. A form with the field ' +
      '`file`, or the bytes themselves.',
    requestBody: {
      required: true,
      content: { 'multipart/form-data': formBody, 'application/octet-stream': bytes },
    },
    responses: {
      '200': kept(),
      ...problems(...UPLOAD, 'invalid-link', 'attachment-not-found', 'attachment-already-uploaded'),
      default: anyProblem,
    },
  };
}

function kept() {
  return {
    description: 'The attachment, for a message to name.',
    headers: plainHeaders,
    content: {
      'application/json': {
        schema: attachment,
        examples: {
          image: { summary: 'An image', value: imageAttachment },
          file: { summary: 'Another file', value: fileAttachment },
        },
      },
    },
  };
}

function content(description: string) {
  return {
    description,
    headers: z.object({
      'X-Request-Id': headers.requestId,
      'Content-Disposition': headers.contentDisposition,
    }),
    content: { '*/*': bytes },
  };
}
