import type { Request, RequestHandler, Response } from 'express';
import { isStreaming } from '../chatkit/protocol/requests.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { isLargeBody } from '../http/large-body.ts';
import type { BackendReply, ChatBackend } from './backend.ts';
import { toChatContext } from './chat-context.ts';
import { toOperationLabel } from './measured-backend.ts';
import { parseOperation } from './operation.ts';
import { sendRunStream, type StreamSender } from './send-stream.ts';

export interface ChatKitRouteOptions extends StreamSender {
  readonly backend: ChatBackend;
  /** Counts one started reply of the caller. @throws GatewayError `rate-limited` */
  readonly limitRuns: (req: Request, res: Response) => Promise<void>;
}

const FAILURE_FRAME = `data: ${JSON.stringify({ type: 'error', code: 'stream.error', allow_retry: true })}\n\n`;

/** `POST /api/chatkit`: JSON or an event stream, by operation. Expects the body's bytes in `req.body`. */
export function createChatKitRoute(options: ChatKitRouteOptions): RequestHandler {
  const { backend } = options;
  return async (req, res) => {
    const context = toChatContext(req, res);
    const operation = parseOperation(req.body as Uint8Array);
    if (isLargeBody(res.locals) && operation.type !== 'input.transcribe') {
      throw new GatewayError('body-too-large');
    }
    const label = toOperationLabel(operation.type);
    res.locals['operation'] = label;
    if (isStreaming(operation.type)) await options.limitRuns(req, res);
    const reply = await backend.handle(operation, context);
    if (reply.kind === 'json') return sendJson(res, reply);
    const { runId } = reply.stream;
    const chunks = reply.stream.chunks();
    return await sendRunStream(options, res, {
      runId,
      operation: label,
      chunks,
      failureFrame: FAILURE_FRAME,
    });
  };
}

function sendJson(res: Response, reply: Extract<BackendReply, { kind: 'json' }>): void {
  const body = reply.body instanceof Uint8Array ? reply.body : Buffer.from(JSON.stringify(reply.body));
  res.status(reply.status).set(reply.headers ?? {});
  res.setHeader('Content-Type', 'application/json');
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Length', body.length);
  res.end(body);
}
