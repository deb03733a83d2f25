import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { isStreaming } from '../chatkit/protocol/requests.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { toPairs, writeHead } from '../http/head.ts';
import { isLargeBody } from '../http/large-body.ts';
import { factsOf } from '../http/request-context.ts';
import type { BackendReply, ChatBackend } from './backend.ts';
import { toChatContext } from './chat-context.ts';
import { toOperationLabel } from './measured-backend.ts';
import { parseOperation } from './operation.ts';
import { sendRunStream, type StreamSender } from './send-stream.ts';

export interface ChatKitRouteOptions extends StreamSender {
  readonly backend: ChatBackend;
  /** Counts one started reply of the caller. @throws GatewayError `rate-limited` */
  readonly limitRuns: (req: IncomingMessage, res: ServerResponse) => Promise<void>;
}

const JSON_HEADERS = toPairs({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
const FAILURE_FRAME = `data: ${JSON.stringify({ type: 'error', code: 'stream.error', allow_retry: true })}\n\n`;

/** Answers one ChatKit request: JSON or an event stream, by operation. */
export type ChatKitHandler = (req: IncomingMessage, res: ServerResponse, body: Uint8Array) => Promise<void>;

export function createChatKitHandler(options: ChatKitRouteOptions): ChatKitHandler {
  const { backend } = options;
  return async (req, res, body) => {
    const context = toChatContext(req, res);
    const operation = parseOperation(body);
    const facts = factsOf(res);
    if (isLargeBody(facts) && operation.type !== 'input.transcribe') {
      throw new GatewayError('body-too-large');
    }
    const label = toOperationLabel(operation.type);
    facts['operation'] = label;
    if (isStreaming(operation.type)) await options.limitRuns(req, res);
    const reply = await backend.handle(operation, context);
    if (reply.kind === 'json') {
      sendJson(res, reply);
      return;
    }
    const { stream } = reply;
    await sendRunStream(options, res, {
      runId: stream.runId,
      operation: label,
      chunks: stream.flow ?? stream.chunks(),
      failureFrame: FAILURE_FRAME,
    });
  };
}

/** `POST /api/chatkit` in the pipeline of Express. Expects the body's bytes in `req.body`. */
export function createChatKitRoute(handle: ChatKitHandler): RequestHandler {
  return (req, res) => handle(req, res, req.body as Uint8Array);
}

function sendJson(res: ServerResponse, reply: Extract<BackendReply, { kind: 'json' }>): void {
  const body = reply.body instanceof Uint8Array ? reply.body : Buffer.from(JSON.stringify(reply.body));
  writeHead(res, reply.status, [
    ...JSON_HEADERS,
    'Content-Length',
    String(body.length),
    ...(reply.headers === undefined ? [] : toPairs(reply.headers)),
  ]);
  res.end(body);
}
