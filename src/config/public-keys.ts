import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Config } from './schema.ts';

export type SignatureAlgorithm = Config['auth']['issuers'][number]['algorithms'][number];

/** Text that holds no public key that could be used. The message says why, for the operator, and quotes nothing. */
export class UnusableKeyError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'UnusableKeyError';
  }
}

/** A public key, and the only algorithms whose signatures it may check. */
export interface PublicKey {
  readonly kid: string | undefined;
  readonly key: KeyObject;
  readonly algorithms: readonly SignatureAlgorithm[];
}

/** RFC 7518 section 3.3. */
const MIN_RSA_BITS = 2048;
/** Far more than an issuer has; the limit bounds the work for a set that somebody else hands out. */
const MAX_KEYS = 100;

const CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

const keySetSchema = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).max(MAX_KEYS) });

export function isSharedSecretAlgorithm(algorithm: SignatureAlgorithm): boolean {
  return algorithm.startsWith('HS');
}

/**
 * A public key or a certificate in PEM form.
 * @throws UnusableKeyError
 */
export function readPublicPem(pem: string, algorithms: readonly SignatureAlgorithm[]): PublicKey {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new UnusableKeyError('is a private key; give only its public part ("openssl pkey -pubout")');
  }
  const key = importKey(() => createPublicKey(pem));
  if (key === undefined) {
    throw new UnusableKeyError('is not a public key in PEM form (-----BEGIN PUBLIC KEY-----)');
  }
  const unfit = algorithms.find((algorithm) => !isKeyFor(algorithm, key));
  if (unfit !== undefined) throw new UnusableKeyError(`cannot check ${unfit}, which algorithms lists`);
  return { kid: undefined, key, algorithms };
}

/**
 * The keys of a set (RFC 7517) that can check one of these algorithms; the others are left out, as section 5 says.
 * @throws UnusableKeyError when it is no key set, or when no key is left
 */
export function readKeySet(text: string, algorithms: readonly SignatureAlgorithm[]): readonly PublicKey[] {
  const parsed = keySetSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new UnusableKeyError('is not a key set in JSON: {"keys": [ … ]}');
  const keys = parsed.data.keys.flatMap((jwk) => toPublicKey(jwk, algorithms) ?? []);
  if (keys.length === 0) throw new UnusableKeyError(`has no public key for ${algorithms.join(', ')}`);
  return keys;
}

function toPublicKey(
  jwk: Readonly<Record<string, unknown>>,
  algorithms: readonly SignatureAlgorithm[],
): PublicKey | undefined {
  const { kty, n, e, crv, x, y, kid, alg, use, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return undefined;
  // Only the public parts are looked at, whatever else stands there.
  const key = importKey(() =>
    createPublicKey({ key: { kty, n, e, crv, x, y } as JsonWebKey, format: 'jwk' }),
  );
  if (key === undefined) return undefined;
  const fitting = algorithms.filter(
    (algorithm) => (alg === undefined || alg === algorithm) && isKeyFor(algorithm, key),
  );
  if (fitting.length === 0) return undefined;
  return { kid: typeof kid === 'string' ? kid : undefined, key, algorithms: fitting };
}

function isKeyFor(algorithm: SignatureAlgorithm, key: KeyObject): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithm === 'EdDSA') return type === 'ed25519';
  const curve = CURVES[algorithm];
  if (curve !== undefined) return type === 'ec' && details?.namedCurve === curve;
  return (
    !isSharedSecretAlgorithm(algorithm) && type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS
  );
}

/** The errors of the crypto library quote their input, so none of them is kept. */
function importKey(create: () => KeyObject): KeyObject | undefined {
  try {
    return create();
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
