import type { Request, Response } from 'express';
import type { Attachments } from '../attachments/attachments.ts';
import { isSafeImage, toServedType } from '../attachments/media-types.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { requestContext } from './request-context.ts';

/** A file is no page: should a browser be made to show one, it may load, run and embed nothing. */
const POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
const MAX_AGE_SECONDS = 300;

/** Only safe images are shown in place; everything else is saved. */
export async function sendAttachment(
  attachments: Attachments,
  owner: string,
  id: string,
  req: Request,
  res: Response,
): Promise<void> {
  const { signal } = requestContext(res);
  const record = await attachments.get(owner, id, signal);
  // Express knows how to write a name for every browser (RFC 6266, RFC 8187).
  res.attachment(record.name);
  const saved = String(res.get('Content-Disposition'));
  const disposition = isSafeImage(record.mimeType) ? saved.replace(/^attachment/, 'inline') : saved;
  res.removeHeader('Content-Disposition');
  res.removeHeader('Content-Type');
  const mimeType = toServedType(record.mimeType);
  const location = await attachments.blobs.locate(id, { mimeType, disposition }, signal);
  if (location.kind === 'redirect') {
    res.setHeader('Cache-Control', 'no-store');
    // Where it leads must not learn the link.
    res.setHeader('Referrer-Policy', 'no-referrer');
    res.redirect(302, location.url);
    return;
  }
  await sendFile(res, location, {
    'Content-Type': mimeType,
    'Content-Disposition': disposition,
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': `private, max-age=${MAX_AGE_SECONDS}`,
  });
}

async function sendFile(
  res: Response,
  file: { readonly root: string; readonly path: string },
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const before = new Map(Object.keys(headers).map((name) => [name, res.get(name)]));
  res.set(headers);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  res.sendFile(file.path, { root: file.root, dotfiles: 'allow', cacheControl: false }, resolve);
  const error = await promise;
  if (error === undefined || res.headersSent) return;
  // The problem that is sent instead is no file.
  for (const [name, value] of before) {
    if (value === undefined) res.removeHeader(name);
    else res.setHeader(name, value);
  }
  throw toGatewayError(error, res);
}

function toGatewayError(error: unknown, res: Response): GatewayError {
  const { status } = error as { status?: number };
  if (status === 404) return new GatewayError('attachment-not-found');
  if (status === 412) return new GatewayError('invalid-request', { status: 412, detail: 'It has changed.' });
  if (status === 416) {
    const range = res.get('Content-Range');
    return new GatewayError(
      'range-not-satisfiable',
      range === undefined ? {} : { headers: { 'Content-Range': range } },
    );
  }
  return new GatewayError('attachments-unavailable', { cause: error });
}
