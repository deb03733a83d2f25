import { PassThrough } from 'node:stream';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { Attachments, IncomingFile } from '../attachments/attachments.ts';
import { isForm, readForm } from '../attachments/multipart.ts';
import { watchPace } from '../attachments/pace.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { sendAttachment } from './attachment-download.ts';
import { extendDeadline } from './body-time.ts';
import { methodNotAllowed } from './problem.ts';
import { requestContext, requirePrincipal } from './request-context.ts';

export interface AttachmentRoutesOptions {
  readonly attachments: Attachments;
  /** For requests that show no signed link: in order, with the limit at the end. */
  readonly authenticate: readonly RequestHandler[];
}

/** For a client that is refused in the middle of an upload to read why. */
const LINGER_MS = 5_000;

/** Uploads and downloads of files. A signed link stands for an access token where a browser sends none. */
export function createAttachmentRoutes({ attachments, authenticate }: AttachmentRoutesOptions): Router {
  const router = Router();
  const byLink = createLinkCheck(attachments);
  router
    .route('/api/attachments')
    .post(...authenticate, (req, res) => upload(attachments, req, res))
    .all(methodNotAllowed('POST'));
  router
    .route('/api/attachments/:id/content')
    .all(byLink('content', ['GET', 'HEAD']), byLink('upload', ['POST', 'PUT']))
    .all(...authenticate.map(unlessLinked))
    .get((req, res) => sendAttachment(attachments, ownerOf(res), idOf(req), req, res))
    .post((req, res) => fill(attachments, req, res))
    .put((req, res) => fill(attachments, req, res))
    .all(methodNotAllowed('GET', 'HEAD', 'POST', 'PUT'));
  return router;
}

/** The owner that a link speaks for, instead of a principal. */
const LINKED = 'linkedOwner';

function createLinkCheck(attachments: Attachments) {
  return (purpose: 'content' | 'upload', methods: readonly string[]): RequestHandler =>
    async (req, res, next) => {
      const { expires, signature } = req.query;
      if (methods.includes(req.method) && (expires !== undefined || signature !== undefined)) {
        const proof = { expires: toText(expires), signature: toText(signature) };
        res.locals[LINKED] = await attachments.checkLink(idOf(req), purpose, proof);
      }
      next();
    };
}

function unlessLinked(handler: RequestHandler): RequestHandler {
  return async (req, res, next) => {
    if (res.locals[LINKED] === undefined) await handler(req, res, next);
    else next();
  };
}

function ownerOf(res: Response): string {
  return (res.locals[LINKED] as string | undefined) ?? requirePrincipal(res).userKey;
}

/** A parameter that is given twice is none. */
const toText = (value: unknown) => (typeof value === 'string' ? value : '');
const idOf = (req: Request) => String(req.params['id']);

async function upload(attachments: Attachments, req: Request, res: Response): Promise<void> {
  await receive(attachments, req, res, async (file, { viewer, signal }) => {
    requireForm(req);
    return await attachments.add(viewer, file, signal);
  });
}

async function fill(attachments: Attachments, req: Request, res: Response): Promise<void> {
  await receive(attachments, req, res, (file, { viewer, signal }) =>
    attachments.fill(viewer, idOf(req), file, signal),
  );
}

function requireForm(req: Request): void {
  if (isForm(req)) return;
  throw new GatewayError('unsupported-media-type', {
    detail: 'Send the file as multipart/form-data, in the field "file".',
  });
}

async function receive(
  attachments: Attachments,
  req: Request,
  res: Response,
  keep: (
    file: IncomingFile,
    by: { readonly viewer: { owner: string; origin: string }; readonly signal: AbortSignal },
  ) => Promise<object>,
): Promise<void> {
  const { signal: given, origin } = requestContext(res);
  const owner = ownerOf(res);
  try {
    if (![undefined, 'identity'].includes(req.get('content-encoding'))) {
      throw new GatewayError('unsupported-media-type', { detail: 'Send the file without a content coding.' });
    }
    using _slot = attachments.takeSlot(owner);
    extendDeadline(req, attachments.maxBytes);
    using pace = watchPace(req, attachments);
    const signal = AbortSignal.any([given, pace.signal, attachments.closing]);
    const by = { viewer: { owner, origin }, signal };
    const kept = isForm(req)
      ? await readForm(req, (file) => keep(file, by), signal)
      : await keep({ name: undefined, type: undefined, chunks: req.pipe(new PassThrough()) }, by);
    res.setHeader('Cache-Control', 'no-store');
    res.json(kept);
  } catch (error) {
    req.unpipe();
    dropRest(req, res);
    throw error;
  }
}

/**
 * What still comes of a refused upload is read for a moment and thrown away: to close at once would reset the connection
 * of a client that is sending, and lose it the answer.
 */
function dropRest(req: Request, res: Response): void {
  res.once('finish', () => {
    if (req.complete) return;
    const timer = setTimeout(() => req.socket.destroy(), LINGER_MS).unref();
    req.once('close', () => clearTimeout(timer));
    req.resume();
  });
}
