import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import type { Page } from '../../chatkit/protocol/common.ts';
import type { ThreadItem } from '../../chatkit/protocol/items.ts';
import type { ChatKitRequest } from '../../chatkit/protocol/requests.ts';
import type { Thread } from '../../chatkit/protocol/threads.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { readJsonBytes } from '../../http/body.ts';
import { methodNotAllowed } from '../../http/problem.ts';
import { requestContext } from '../../http/request-context.ts';
import type { BackendStream, ChatBackend } from '../backend.ts';
import { toChatContext } from '../chat-context.ts';
import { parseJson, toInvalidRequest, toOperation } from '../operation.ts';
import { sendRunStream, type StreamSender } from '../send-stream.ts';
import { within } from '../../chatkit/within.ts';
import { toFrames } from './frames.ts';
import { listMessages } from './messages.ts';
import { toTimestamp } from './timestamp.ts';
import {
  chatRequest,
  conversationPatch,
  conversationQuery,
  messageQuery,
  type ChatAnswer,
  type ChatFrame,
  type ChatRequest,
  type Conversation,
} from './schemas.ts';

export interface SimpleApiOptions extends StreamSender {
  readonly backend: ChatBackend;
  readonly bodyLimitBytes: number;
  /** Counts one operation of the caller. */
  readonly limitChat: RequestHandler;
  readonly limitRuns: (req: Request, res: Response) => Promise<void>;
  /** How long the status of a reply waits for the service that writes it. */
  readonly firstByteHoldMs: number;
}

const FAILURE = { code: 'stream.error', message: 'The reply could not be finished.', retry: true };

/** The simple API: plain messages and conversations over whatever backend answers ChatKit operations. */
export function createSimpleApi(options: SimpleApiOptions): Router {
  const router = Router();
  const body = readJsonBytes({ limitBytes: options.bodyLimitBytes });
  router
    .route('/api/chat')
    .all(options.limitChat)
    .post(...body, (req, res) => chat(options, req, res))
    .all(methodNotAllowed('POST'));
  router
    .route('/api/conversations')
    .all(options.limitChat)
    .get((req, res) => listConversations(options, req, res))
    .all(methodNotAllowed('GET'));
  router
    .route('/api/conversations/:id')
    .all(options.limitChat)
    .get((req, res) => getConversation(options, req, res))
    .patch(...body, (req, res) => renameConversation(options, req, res))
    .delete((req, res) => deleteConversation(options, req, res))
    .all(methodNotAllowed('GET', 'PATCH', 'DELETE'));
  router
    .route('/api/conversations/:id/messages')
    .all(options.limitChat)
    .get((req, res) => getMessages(options, req, res))
    .all(methodNotAllowed('GET'));
  return router;
}

async function chat(options: SimpleApiOptions, req: Request, res: Response): Promise<void> {
  const asked = parse(chatRequest, parseJson(req.body as Uint8Array));
  const request = toChatKitRequest(asked);
  res.locals['operation'] = request.type;
  await options.limitRuns(req, res);
  const stream = await askStream(options.backend, request, req, res);
  const { requestId } = requestContext(res);
  const frames = toFrames(stream.events(), {
    runId: stream.runId,
    requestId,
    conversationId: asked.conversation_id,
    toolCalls: options.backend.name === 'forward' ? 'workflows' : 'records',
  });
  const service = stream.answer && (await within(stream.answer, options.firstByteHoldMs));
  if (service?.kind === 'refusal') {
    if (asked.conversation_id === undefined) await deleteUnbegun(options.backend, frames, req, res);
    throw service.error;
  }
  if (wantsJson(asked, req, service?.form)) {
    res.setHeader('X-Run-Id', stream.runId);
    res.json(await toAnswer(frames, stream.answer));
    return;
  }
  await sendRunStream(options, res, {
    runId: stream.runId,
    operation: request.type,
    chunks: toChunks(frames),
    failureFrame: toChunk({ error: { ...FAILURE, request_id: requestId } }),
  });
}

/** A conversation whose first message was refused has never been told to the caller, who will begin another one. */
async function deleteUnbegun(
  backend: ChatBackend,
  frames: AsyncIterable<ChatFrame>,
  req: Request,
  res: Response,
): Promise<void> {
  for await (const frame of frames) {
    if (!('conversation_id' in frame)) continue;
    const request = {
      type: 'threads.delete',
      params: { thread_id: frame.conversation_id },
      metadata: {},
    } as const;
    await backend.handle(toOperation(request), toChatContext(req, res));
    return;
  }
}

async function listConversations({ backend }: SimpleApiOptions, req: Request, res: Response): Promise<void> {
  const params = parse(conversationQuery, req.query);
  const page = await ask<Page<Thread>>(
    backend,
    { type: 'threads.list', params: { ...params, after: params.after }, metadata: {} },
    req,
    res,
  );
  res.json({ data: page.data.map(toConversation), has_more: page.has_more, after: page.after ?? null });
}

async function getConversation({ backend }: SimpleApiOptions, req: Request, res: Response): Promise<void> {
  const params = { thread_id: idOf(req) };
  res.json(
    toConversation(await ask<Thread>(backend, { type: 'threads.get_by_id', params, metadata: {} }, req, res)),
  );
}

async function renameConversation({ backend }: SimpleApiOptions, req: Request, res: Response): Promise<void> {
  const { title } = parse(conversationPatch, parseJson(req.body as Uint8Array));
  const params = { thread_id: idOf(req), title };
  res.json(
    toConversation(await ask<Thread>(backend, { type: 'threads.update', params, metadata: {} }, req, res)),
  );
}

async function deleteConversation({ backend }: SimpleApiOptions, req: Request, res: Response): Promise<void> {
  await ask(backend, { type: 'threads.delete', params: { thread_id: idOf(req) }, metadata: {} }, req, res);
  res.status(204).end();
}

async function getMessages({ backend }: SimpleApiOptions, req: Request, res: Response): Promise<void> {
  const query = parse(messageQuery, req.query);
  const page = await listMessages(
    ({ limit, order, after }) =>
      ask<Page<ThreadItem>>(
        backend,
        { type: 'items.list', params: { thread_id: idOf(req), limit, order, after }, metadata: {} },
        req,
        res,
      ),
    query,
  );
  res.json(page);
}

/** Asks the backend for an operation whose answer is JSON. */
async function ask<Answer>(
  backend: ChatBackend,
  request: ChatKitRequest,
  req: Request,
  res: Response,
): Promise<Answer> {
  res.locals['operation'] = request.type;
  const context = toChatContext(req, res);
  const leaving = new AbortController();
  const signal = AbortSignal.any([context.signal, leaving.signal]);
  const reply = await backend.handle(toOperation(request), { ...context, signal });
  if (reply.kind === 'stream') {
    leaving.abort(new DOMException('a stream came where an answer was expected', 'AbortError'));
    await abandon(reply.stream);
    throw new GatewayError('upstream-failed', { cause: leaving.signal.reason });
  }
  const { status, body } = reply;
  if (status === 404) throw new GatewayError('thread-not-found');
  if (status !== 200)
    throw new GatewayError('upstream-failed', { cause: new Error(`the service answered ${status}`) });
  // A body that was made here is its schema's shape; one of a service is what that service promises.
  return (body instanceof Uint8Array ? parseJson(body) : body) as Answer;
}

/** Reads a stream that was aborted to its end, which is near: unread, it would hold its connection. */
async function abandon(stream: BackendStream): Promise<void> {
  for await (const _chunk of stream.chunks()) return;
}

async function askStream(
  backend: ChatBackend,
  request: ChatKitRequest,
  req: Request,
  res: Response,
): Promise<BackendStream> {
  const reply = await backend.handle(toOperation(request), toChatContext(req, res));
  if (reply.kind === 'stream') return reply.stream;
  throw reply.status === 404
    ? new GatewayError('thread-not-found')
    : new GatewayError('upstream-failed', {
        cause: new Error(`the service answered ${reply.status} instead of a stream`),
      });
}

function toChatKitRequest(asked: ChatRequest): ChatKitRequest<'threads.create' | 'threads.add_user_message'> {
  const input = {
    content: [{ type: 'input_text' as const, text: asked.message }],
    attachments: asked.attachments ?? [],
    quoted_text: undefined,
    inference_options: { tool_choice: undefined, model: asked.model },
  };
  return asked.conversation_id === undefined
    ? { type: 'threads.create', params: { input }, metadata: {} }
    : { type: 'threads.add_user_message', params: { thread_id: asked.conversation_id, input }, metadata: {} };
}

function toConversation(thread: Thread & { updated_at?: string }): Conversation {
  return {
    id: thread.id,
    title: thread.title ?? null,
    created_at: toTimestamp(thread.created_at),
    updated_at: thread.updated_at ?? null,
  };
}

/** @param service where one was asked: its refusal keeps its status */
async function toAnswer(
  frames: AsyncIterable<ChatFrame>,
  service: BackendStream['answer'],
): Promise<ChatAnswer> {
  const answer: ChatAnswer = {
    conversation_id: '',
    run_id: '',
    message_id: null,
    content: '',
    tool_calls: [],
  };
  const calls = new Map<string, ChatAnswer['tool_calls'][number]>();
  for await (const frame of frames) {
    if ('content' in frame) answer.content += frame.content;
    else if ('tool_call' in frame) calls.set(frame.tool_call.id, frame.tool_call);
    else if ('error' in frame) {
      const answered = await service;
      if (answered?.kind === 'refusal') throw answered.error;
      throw new GatewayError('reply-failed', { detail: frame.error.message });
    } else if ('done' in frame) answer.message_id = frame.message_id;
    else if ('run_id' in frame) Object.assign(answer, frame);
  }
  return { ...answer, tool_calls: [...calls.values()] };
}

async function* toChunks(frames: AsyncIterable<ChatFrame>): AsyncGenerator<string> {
  for await (const frame of frames) yield toChunk(frame);
}

function toChunk(frame: ChatFrame): string {
  return `data: ${JSON.stringify(frame)}\n\n`;
}

/** A client that does not mind gets the form that the service itself has chosen. */
function wantsJson(asked: ChatRequest, req: Request, form: 'stream' | 'whole' = 'stream'): boolean {
  if (asked.stream !== undefined) return !asked.stream;
  const forms = ['text/event-stream', 'application/json'];
  return req.accepts(form === 'whole' ? forms.reverse() : forms) === 'application/json';
}

function idOf(req: Request): string {
  return String(req.params['id']);
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const result = schema.safeParse(input);
  if (!result.success) throw toInvalidRequest(result.error);
  return result.data;
}
