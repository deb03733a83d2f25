import type { Request, RequestHandler, Response } from 'express';
import { isOperationType, isStreaming } from '../chatkit/protocol/requests.ts';
import { toGatewayError } from '../errors/normalise.ts';
import type { BackendReply, ChatBackend } from './backend.ts';
import { toChatContext } from './chat-context.ts';
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
  const { backend, metrics } = options;
  return async (req, res) => {
    const context = toChatContext(req, res);
    const operation = parseOperation(req.body as Uint8Array);
    const label = isOperationType(operation.type) ? operation.type : 'unknown';
    res.locals['operation'] = label;
    let reply: BackendReply;
    try {
      if (isStreaming(operation.type)) await options.limitRuns(req, res);
      reply = await backend.handle(operation, context);
    } catch (error) {
      const outcome = toGatewayError(error).status < 500 ? 'refused' : 'failed';
      metrics.operations.inc({ operation: label, outcome });
      throw error;
    }
    metrics.operations.inc({ operation: label, outcome: 'succeeded' });
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
