import type { KeyObject } from 'node:crypto';
import {
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type ProtectedHeaderParameters,
} from 'jose';
import { invalidToken } from '../bearer-error.ts';
import { toUserKey, type Principal } from '../principal.ts';
import { claimAt, isOtherKind, toPlainText, isPlainText, toScopes } from './claims.ts';
import type { IssuerConfig } from './issuer-keys.ts';
import type { IssuerKeys, KeyHint } from './key-choice.ts';
import { RefusedToken, type RefusalLog } from './refusals.ts';

/** The issuer of principals whose tokens have no `iss`. No issuer of the configuration can have this name. */
export const NAMELESS_ISSUER = 'jwt';

export interface IssuerVerifier {
  readonly config: IssuerConfig;
  /** @throws GatewayError `invalid-token`, `keys-unavailable` */
  verify(
    token: string,
    now: Date,
    signal: AbortSignal,
  ): Promise<{ principal: Principal; expiresAtMs: number }>;
  readonly keysVersion: number;
}

/** Verifies the tokens of one issuer: RFC 8725 section 3, and RFC 9068 section 4 where it applies. */
export function createIssuerVerifier(options: {
  readonly config: IssuerConfig;
  readonly keys: IssuerKeys;
  readonly refusals: RefusalLog;
}): IssuerVerifier {
  const { config, keys, refusals } = options;

  const verifySignature = async (token: string, hint: KeyHint, now: Date, signal: AbortSignal) => {
    const { version } = keys;
    const by = { algorithm: hint.algorithm, config, now };
    const candidates = await keys.candidates(hint, signal);
    if (candidates.length === 0) throw new RefusedToken('its key is not known');
    const payload =
      (await tryKeys(token, candidates, by)) ??
      (await tryKeys(token, await keys.newerCandidates(version, hint, signal), by));
    if (payload === undefined) throw new RefusedToken('its signature was made with another key');
    return payload;
  };

  const check = async (token: string, now: Date, signal: AbortSignal) => {
    const header = readHeader(token);
    const algorithm = config.algorithms.find((each) => each === header.alg);
    if (algorithm === undefined) throw new RefusedToken('its algorithm is not one of algorithms');
    const { kid } = header;
    if (kid !== undefined && typeof kid !== 'string') throw new RefusedToken('its kid is not a text');
    const payload = await verifySignature(token, { algorithm, kid }, now, signal);
    checkTimes(payload, config, now);
    if (isOtherKind(header, payload, config.require)) throw new RefusedToken('it is not an access token');
    for (const [path, text] of Object.entries(config.require)) {
      if (String(claimAt(payload, path)) !== text)
        throw new RefusedToken(`its claim ${path} is not as require wants it`, path);
    }
    const expiresAtMs = (Number(payload.exp) + config.clockSkewSeconds) * 1000;
    return { principal: toPrincipal(payload, config), expiresAtMs };
  };

  return {
    config,
    get keysVersion() {
      return keys.version;
    },
    async verify(token, now, signal) {
      try {
        return await check(token, now, signal);
      } catch (error) {
        throw refusals.toError(error);
      }
    },
  };
}

function readHeader(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw invalidToken('The access token is malformed');
  }
}

/** The payload, when one of the keys has signed it. @throws JOSEError when it has, and a claim is wrong */
async function tryKeys(
  token: string,
  candidates: readonly KeyObject[],
  { algorithm, config, now }: { algorithm: string; config: IssuerConfig; now: Date },
): Promise<JWTPayload | undefined> {
  for (const key of candidates) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        requiredClaims: ['exp'],
        clockTolerance: config.clockSkewSeconds,
        currentDate: now,
        ...(config.issuer !== null && { issuer: config.issuer }),
        ...(config.audience !== null && { audience: config.audience }),
      });
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  return undefined;
}

/** What the library leaves out: see https://www.rfc-editor.org/rfc/rfc8725#section-3.11 */
function checkTimes({ exp, iat, nbf }: JWTPayload, { clockSkewSeconds }: IssuerConfig, now: Date): void {
  for (const [claim, time] of Object.entries({ exp, iat, nbf })) {
    if (time !== undefined && !Number.isFinite(time))
      throw new RefusedToken('one of its times is not a number', claim);
  }
  if (iat !== undefined && iat > now.getTime() / 1000 + clockSkewSeconds) {
    throw new RefusedToken('it is from the future; compare the clocks, or raise clockSkewSeconds', 'iat');
  }
}

function toPrincipal(payload: JWTPayload, { claims }: IssuerConfig): Principal {
  const subject = toSubject(payload, claims.subject);
  const issuer = payload.iss ?? NAMELESS_ISSUER;
  const tenant = claims.tenant === null ? undefined : toPlainText(claimAt(payload, claims.tenant));
  return Object.freeze({
    issuer,
    subject,
    ...(tenant !== undefined && { tenant }),
    scopes: toScopes(claimAt(payload, claims.scopes)),
    claims: Object.freeze(payload),
    userKey: toUserKey(issuer, subject),
  });
}

function toSubject(payload: JWTPayload, path: string): string {
  const value = claimAt(payload, path);
  // RFC 7519 section 4.1.2 has a text for `sub` and nothing else; claims of one's own are often numbers.
  const subject = path === 'sub' ? (isPlainText(value) ? value : undefined) : toPlainText(value);
  if (subject !== undefined) return subject;
  if (value === undefined)
    throw new RefusedToken(`it has no claim ${path}; set claims.subject to the one that names the user`);
  const hint =
    typeof value === 'number' ? ': it is a number, and sub must be a text, as in str(user.id)' : '';
  throw new RefusedToken(`its claim ${path} cannot name a user${hint}`, path);
}
