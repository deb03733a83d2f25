import { createHmac, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../errors/gateway-error.ts';
import { toOwnerKey } from '../store/values.ts';

export type LinkPurpose = 'upload' | 'content';

/** What a link is for. Signed for one, it opens no other. */
interface LinkTarget {
  readonly purpose: LinkPurpose;
  readonly attachmentId: string;
  readonly owner: string;
}

/** The parameters of a signed link. */
export interface LinkProof {
  /** Seconds since 1970. */
  readonly expires: string;
  readonly signature: string;
}

/**
 * Short-lived rights in a URL, for requests that carry no access token: an `<img>`, an upload out of a frame. An access
 * token itself must never be in a URL.
 */
export interface Links {
  sign(target: LinkTarget): LinkProof;
  /** @throws GatewayError `invalid-link` */
  check(target: LinkTarget, proof: LinkProof): void;
}

const EXPIRES = /^[1-9]\d{9,11}$/;
const SIGNATURE = /^[A-Za-z0-9_-]{43}$/;

export function createLinks(options: {
  readonly secret: Uint8Array;
  readonly lifetimeSeconds: number;
  readonly now?: () => number;
}): Links {
  const { secret, lifetimeSeconds, now = Date.now } = options;
  const seconds = () => Math.floor(now() / 1000);

  const toSignature = ({ purpose, attachmentId, owner }: LinkTarget, expires: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([purpose, attachmentId, toOwnerKey(owner), expires]))
      .digest();

  return {
    sign(target) {
      const expires = String(seconds() + lifetimeSeconds);
      return { expires, signature: toSignature(target, expires).toString('base64url') };
    },
    check(target, { expires, signature }) {
      if (!EXPIRES.test(expires) || !SIGNATURE.test(signature)) throw new GatewayError('invalid-link');
      const isGenuine = timingSafeEqual(Buffer.from(signature, 'base64url'), toSignature(target, expires));
      if (!isGenuine || Number(expires) <= seconds()) throw new GatewayError('invalid-link');
    },
  };
}
