import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { WorkQueue } from './work-queue.ts';

interface ScryptCost {
  /** Binary logarithm of scrypt's N. Memory is 128 · 2^log2N · r bytes. */
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
}

/**
 * One of the equivalent settings of the OWASP password storage cheat sheet. The one with 32 MiB is chosen because
 * several of them run at once beside the chat; about a quarter of a second on one core.
 */
const SCRYPT_COST: ScryptCost = { log2N: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** What a stored hash may ask for: a damaged record must not take the machine's memory. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;

export interface PasswordHasher {
  hash(password: string, signal: AbortSignal): Promise<string>;
  /**
   * Compares in constant time. Without an encoded hash it does the same work and answers false, so that an
   * account that does not exist takes as long as a wrong password.
   */
  verify(password: string, encoded: string | undefined, signal: AbortSignal): Promise<boolean>;
  /** True when the hash was made with other parameters than the ones in force. */
  isOutdated(encoded: string): boolean;
}

interface EncodedHash extends ScryptCost {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** scrypt hashes in the PHC string format, `$scrypt$ln=15,r=8,p=3$salt$hash`, so that the cost can be raised later. */
export function createPasswordHasher(options: {
  readonly queue: WorkQueue;
  readonly cost?: ScryptCost;
  /** For tests, which count the work. */
  readonly derive?: typeof deriveKey;
}): PasswordHasher {
  const { queue, cost = SCRYPT_COST, derive = deriveKey } = options;
  const nobody: EncodedHash = { ...cost, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };

  return {
    async hash(password, signal) {
      const salt = randomBytes(SALT_BYTES);
      const hash = await queue.run(() => derive(password, salt, cost, HASH_BYTES), signal);
      return encode({ ...cost, salt, hash });
    },

    async verify(password, encoded, signal) {
      const expected = encoded === undefined ? nobody : decode(encoded);
      const actual = await queue.run(
        () => derive(password, expected.salt, expected, expected.hash.length),
        signal,
      );
      return timingSafeEqual(actual, expected.hash) && encoded !== undefined;
    },

    isOutdated(encoded) {
      const { log2N, r, p, hash } = decode(encoded);
      return log2N !== cost.log2N || r !== cost.r || p !== cost.p || hash.length !== HASH_BYTES;
    },
  };
}

export function deriveKey(
  password: string,
  salt: Buffer,
  { log2N, r, p }: ScryptCost,
  length: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // NIST SP 800-63B: the same characters typed on two keyboards are the same password.
    const secret = password.normalize('NFKC');
    scrypt(secret, salt, length, { N: 2 ** log2N, r, p, maxmem: MAX_MEMORY_BYTES }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function encode({ log2N, r, p, salt, hash }: EncodedHash): string {
  return `$scrypt$ln=${log2N},r=${r},p=${p}$${toBase64(salt)}$${toBase64(hash)}`;
}

const ENCODED =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

function decode(encoded: string): EncodedHash {
  const [, log2N, r, p, salt, hash] = ENCODED.exec(encoded) ?? [];
  if (salt === undefined || hash === undefined) throw new Error('a stored password hash is not readable');
  return {
    log2N: Number(log2N),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

function toBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
