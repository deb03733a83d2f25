import type { Logger } from 'pino';
import { readKeySet, type PublicKey, type SignatureAlgorithm } from '../../config/public-keys.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { selectKeys, type IssuerKeys } from './key-choice.ts';

/** A key that the issuer has withdrawn is refused within this time. */
const FRESH_MS = 240_000;
/** From this age on the set is fetched again beside the requests, so that none of them waits for it. */
const RENEW_MS = 120_000;
/** A key that is unknown here, or a bad signature, leads to one fetch in this time at most, however many tokens come. */
const COOLDOWN_MS = 10_000;
/** Without any keys nobody can come in, so the issuer is asked more often. */
const RETRY_MS = 1_000;
/** How long keys are used while the issuer cannot be reached. */
const MAX_AGE_MS = 86_400_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;

interface KeySet {
  readonly text: string;
  readonly keys: readonly PublicKey[];
  readonly fetchedAtMs: number;
}

export interface RemoteKeysOptions {
  readonly url: string;
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly logger: Logger;
  readonly clock: () => Date;
  readonly timeoutMs?: number;
}

/** Keys behind an address: fetched one request at a time, kept while they are fresh, and longer where they cannot be fetched. */
export function createRemoteKeys(options: RemoteKeysOptions): IssuerKeys {
  const { url, algorithms, logger, clock, timeoutMs = TIMEOUT_MS } = options;
  const disposed = new AbortController();
  let known: KeySet | undefined;
  let version = 0;
  let askedAtMs = -Infinity;
  let pending: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    try {
      const signal = AbortSignal.any([disposed.signal, AbortSignal.timeout(timeoutMs)]);
      const text = await fetchText(url, signal);
      const keys = readKeySet(text, algorithms);
      if (known?.text !== text) version += 1;
      known = { text, keys, fetchedAtMs: clock().getTime() };
    } catch (error) {
      if (disposed.signal.aborted) return;
      const held = known === undefined ? 'no token can be verified' : 'the keys that are known stay in use';
      logger.warn(
        { err: error, event: 'keys-not-fetched' },
        'the keys at %s cannot be fetched; %s',
        url,
        held,
      );
    }
  };

  /** Asks the issuer unless it was asked just now. Never rejects: what came of it shows in `known`. */
  const renew = (): Promise<void> => {
    const wait = known === undefined ? RETRY_MS : COOLDOWN_MS;
    if (pending !== undefined) return pending;
    if (disposed.signal.aborted || clock().getTime() - askedAtMs < wait) return Promise.resolve();
    askedAtMs = clock().getTime();
    pending = load().finally(() => {
      pending = undefined;
    });
    return pending;
  };

  const current = async (signal: AbortSignal): Promise<readonly PublicKey[]> => {
    const ageMs = known === undefined ? Infinity : clock().getTime() - known.fetchedAtMs;
    if (ageMs >= FRESH_MS) await untilAborted(renew(), signal);
    else if (ageMs >= RENEW_MS) void renew();
    if (known === undefined || clock().getTime() - known.fetchedAtMs >= MAX_AGE_MS) {
      throw new GatewayError('keys-unavailable', { headers: { 'Retry-After': '1' } });
    }
    return known.keys;
  };

  return {
    get version() {
      return version;
    },
    async candidates(hint, signal) {
      const found = selectKeys(await current(signal), hint);
      if (found.length > 0) return found;
      await untilAborted(renew(), signal);
      return selectKeys(known?.keys ?? [], hint);
    },
    async newerCandidates(than, hint, signal) {
      if (version === than) await untilAborted(renew(), signal);
      return version === than ? [] : selectKeys(known?.keys ?? [], hint);
    },
    warmUp: renew,
    [Symbol.dispose]: () => disposed.abort(),
  };
}

/** @throws when it is not a 200 of a bounded size */
async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, {
    signal,
    // A redirect would let the key server send the gateway anywhere.
    redirect: 'manual',
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`the key server answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new RangeError(`the key set is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The fetch is everybody's: a caller that goes away only stops waiting for it. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
