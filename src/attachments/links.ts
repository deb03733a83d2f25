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
  /**
   * Whether it could be genuine, before anything is looked up for it.
   * @throws GatewayError `invalid-link`
   */
  requireCurrent(proof: LinkProof): void;
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

  function requireCurrent({ expires, signature }: LinkProof): void {
    const isWellFormed = EXPIRES.test(expires) && SIGNATURE.test(signature);
    if (!isWellFormed || Number(expires) <= seconds()) throw new GatewayError('invalid-link');
  }

  return {
    sign(target) {
      const expires = String(seconds() + lifetimeSeconds);
      return { expires, signature: toSignature(target, expires).toString('base64url') };
    },
    requireCurrent,
    check(target, proof) {
      requireCurrent(proof);
      const given = Buffer.from(proof.signature, 'base64url');
      const isGenuine = timingSafeEqual(given, toSignature(target, proof.expires));
      if (!isGenuine) throw new GatewayError('invalid-link');
    },
  };
}
