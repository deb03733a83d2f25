import { createPublicKey, generateKeyPairSync, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { calculateJwkThumbprint, importJWK, type CryptoKey, type JWK } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';

/** `EdDSA` and not the newer `Ed25519`: more of the libraries that services verify tokens with know that name. */
export const SIGNING_ALGORITHM = 'EdDSA';

export interface SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** Safe to publish. */
  readonly publicJwk: JWK;
  /** 256 bits for one purpose, always the same ones; they tell nothing of the key or of those for another purpose. */
  deriveSecret(purpose: string): Uint8Array;
}

/** The key file cannot be used. The message says why, for the operator. */
export class SigningKeyError extends Error {
  constructor(keyFile: string, problem: string, cause?: unknown) {
    super(`auth.local.keyFile: ${keyFile} ${problem}`, cause === undefined ? undefined : { cause });
    this.name = 'SigningKeyError';
  }
}

const ed25519Part = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const privateJwkSchema = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: ed25519Part,
  d: ed25519Part,
});

/**
 * Reads the private signing key, and makes it when there is none. Processes that start together agree on one.
 * @throws SigningKeyError when the file cannot be read, written or understood
 */
export async function openSigningKey(options: {
  readonly keyFile: string;
  readonly logger: Logger;
}): Promise<SigningKey> {
  const { keyFile, logger } = options;
  let text = await readKeyFile(keyFile);
  if (text === undefined) {
    await createKeyFile(keyFile);
    text = await readKeyFile(keyFile);
    logger.info({ keyFile }, 'made a signing key');
  }
  if (text === undefined) throw new SigningKeyError(keyFile, 'was removed while it was being read');
  const { mode } = await stat(keyFile);
  if ((mode & 0o077) !== 0) {
    logger.warn(
      { keyFile, mode: (mode & 0o777).toString(8) },
      'the signing key can be read by other users of this machine; chmod 600 it',
    );
  }
  return toSigningKey(keyFile, text);
}

async function readKeyFile(keyFile: string): Promise<string | undefined> {
  try {
    return await readFile(keyFile, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw new SigningKeyError(keyFile, `cannot be read (${errnoOf(error)})`, error);
  }
}

/** A link, unlike a rename, fails when another process was first; the file appears whole or not at all. */
async function createKeyFile(keyFile: string): Promise<void> {
  const temporary = `${keyFile}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
    await using file = await open(temporary, 'wx', 0o600);
    try {
      const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
      await file.writeFile(`${JSON.stringify(jwk)}\n`);
      await file.sync();
      await link(temporary, keyFile).catch((error: unknown) => {
        if (!isErrno(error, 'EEXIST')) throw error;
      });
    } finally {
      await unlink(temporary);
    }
  } catch (error) {
    throw new SigningKeyError(keyFile, `cannot be made (${errnoOf(error)})`, error);
  }
}

async function toSigningKey(keyFile: string, text: string): Promise<SigningKey> {
  // The parser quotes its input in its messages, so neither error may travel as a cause: the input is the key.
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new SigningKeyError(keyFile, 'is not JSON');
  }
  const parsed = privateJwkSchema.safeParse(json);
  if (!parsed.success) throw new SigningKeyError(keyFile, 'is not a private Ed25519 key in JWK form');
  const { kty, crv, x, d } = parsed.data;
  if (createPublicKey({ key: { kty, crv, x, d }, format: 'jwk' }).export({ format: 'jwk' }).x !== x) {
    throw new SigningKeyError(keyFile, 'has a public part that does not belong to its private part');
  }
  const kid = await calculateJwkThumbprint({ kty, crv, x });
  const publicJwk = { kty, crv, x, kid, alg: SIGNING_ALGORITHM, use: 'sig' };
  return {
    kid,
    publicJwk,
    privateKey: await importJWK({ kty, crv, x, d }, SIGNING_ALGORITHM),
    publicKey: await importJWK(publicJwk, SIGNING_ALGORITHM),
    deriveSecret: (purpose) =>
      new Uint8Array(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', `chatkit-gateway ${purpose}`, 32)),
  };
}

function isErrno(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}

function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
