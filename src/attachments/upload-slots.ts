import { GatewayError } from '../errors/gateway-error.ts';

/** Bounds the uploads that go on at once, of all users and of each. */
export interface UploadSlots {
  /** @throws GatewayError `overloaded` or `rate-limited` */
  take(owner: string): Disposable;
}

const RETRY_AFTER = { 'Retry-After': '5' };

export function createUploadSlots(limits: {
  readonly uploads: number;
  readonly uploadsPerUser: number;
}): UploadSlots {
  const byOwner = new Map<string, number>();
  let all = 0;
  return {
    take(owner) {
      const own = byOwner.get(owner) ?? 0;
      if (own >= limits.uploadsPerUser) {
        throw new GatewayError('rate-limited', {
          detail: `At most ${limits.uploadsPerUser} uploads at once.`,
          headers: RETRY_AFTER,
        });
      }
      if (all >= limits.uploads) throw new GatewayError('overloaded', { headers: RETRY_AFTER });
      all += 1;
      byOwner.set(owner, own + 1);
      let taken = true;
      return {
        [Symbol.dispose]() {
          if (!taken) return;
          taken = false;
          all -= 1;
          const left = (byOwner.get(owner) ?? 1) - 1;
          if (left === 0) byOwner.delete(owner);
          else byOwner.set(owner, left);
        },
      };
    },
  };
}
