import type { IncomingMessage, ServerResponse } from 'node:http';

/** The address of the gateway as the caller uses it, without a slash at the end. */
export type OriginOf = (req: IncomingMessage, res: ServerResponse) => string;

export function createOriginOf(options: {
  /** The address that browsers use, where it is configured. */
  readonly publicUrl: string | null;
  /** Whether the sender of a request is a proxy whose X-Forwarded-* headers are believed. */
  readonly trusts: (address: string, hop: number) => boolean;
}): OriginOf {
  const publicUrl = options.publicUrl?.replace(/\/+$/, '');
  if (publicUrl !== undefined) return () => publicUrl;
  return ({ headers, socket }, res) => {
    const isTrusted = options.trusts(socket.remoteAddress ?? '', 0);
    const forwarded = (name: string) => (isTrusted ? firstOf(headers[name]) : undefined);
    const protocol = forwarded('x-forwarded-proto') ?? ('encrypted' in socket ? 'https' : 'http');
    const host = forwarded('x-forwarded-host') ?? headers.host ?? 'localhost';
    // With the path at which an application has mounted the gateway.
    const { mountedAt = '' } = (res as { locals?: { readonly mountedAt?: string } }).locals ?? {};
    return `${protocol}://${host}${mountedAt}`;
  };
}

/** Each proxy adds its own: the first is what the client has asked for. */
function firstOf(value: string | string[] | undefined): string | undefined {
  const [first = ''] = String(value ?? '').split(',');
  return first.trim() === '' ? undefined : first.trim();
}
