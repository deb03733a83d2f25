import type { KeyObject } from 'node:crypto';
import type { PublicKey, SignatureAlgorithm } from '../../config/public-keys.ts';

/** What a token says about its key. Both are the word of a stranger. */
export interface KeyHint {
  readonly algorithm: SignatureAlgorithm;
  readonly kid: string | undefined;
}

/** The keys that an issuer signs with. */
export interface IssuerKeys extends Disposable {
  /** Changes whenever the keys change: what was verified under another version is to be verified again. */
  readonly version: number;
  /**
   * The few keys that may check a signature. Each of them was made for this very algorithm.
   * @throws GatewayError `keys-unavailable` when there are no keys, because they cannot be fetched
   */
  candidates(hint: KeyHint, signal: AbortSignal): Promise<readonly KeyObject[]>;
  /**
   * The same of keys that are newer than `version`, where there are such: an issuer can change its key and keep the
   * key id, or have none. Else nothing.
   */
  newerCandidates(version: number, hint: KeyHint, signal: AbortSignal): Promise<readonly KeyObject[]>;
  /** Gets what the first token needs, where that takes time. Never rejects. */
  warmUp(): Promise<void>;
}

/** A token without a key id is tried with no more keys than this. */
const MAX_CANDIDATES = 4;

/**
 * A key that has no id may be the one of any id, after the one that has just this id; one that has another id is meant
 * by that id only.
 */
export function selectKeys(keys: readonly PublicKey[], { algorithm, kid }: KeyHint): readonly KeyObject[] {
  const fitting = keys.filter((each) => each.algorithms.includes(algorithm));
  const chosen =
    kid === undefined
      ? fitting
      : [...fitting.filter((each) => each.kid === kid), ...fitting.filter((each) => each.kid === undefined)];
  return chosen.slice(0, MAX_CANDIDATES).map(({ key }) => key);
}
