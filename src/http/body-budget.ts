import { GatewayError } from '../errors/gateway-error.ts';

/** Of all bodies that are being read, in bytes. */
const TOTAL_BYTES = 256 * 1024 * 1024;
/** A caller may send as much at once as so many bodies of the largest size. */
const BODIES_OF_ONE = 4;
const RETRY = { headers: { 'Retry-After': '2' } };

/** What a body may take of the memory for bodies. */
export interface BodyShare {
  /** @throws GatewayError `rate-limited` when the caller has too much there, `overloaded` when all have */
  growTo(bytes: number): void;
  release(): void;
}

/** Bounds the bytes of large bodies that are in memory at once: of one caller, and of all. */
export class BodyBudget {
  readonly #totalBytes: number;
  readonly #held = new Map<string, number>();
  #inUse = 0;

  constructor(totalBytes = TOTAL_BYTES) {
    this.#totalBytes = totalBytes;
  }

  get bytesInUse(): number {
    return this.#inUse;
  }

  /** Bodies of different limits are counted apart, so that a large one does not keep the others of its sender out. */
  open(owner: string, limitBytes: number): BodyShare {
    const key = `${limitBytes} ${owner}`;
    let taken = 0;
    return {
      growTo: (bytes) => {
        const more = bytes - taken;
        if (more <= 0) return;
        const held = this.#held.get(key) ?? 0;
        if (held + more > limitBytes * BODIES_OF_ONE) {
          throw new GatewayError('rate-limited', {
            detail: 'Too many large bodies are on their way.',
            ...RETRY,
          });
        }
        if (this.#inUse + more > this.#totalBytes && this.#inUse > 0) {
          throw new GatewayError('overloaded', RETRY);
        }
        this.#held.set(key, held + more);
        this.#inUse += more;
        taken = bytes;
      },
      release: () => {
        const left = (this.#held.get(key) ?? 0) - taken;
        if (left > 0) this.#held.set(key, left);
        else this.#held.delete(key);
        this.#inUse -= taken;
        taken = 0;
      },
    };
  }
}
