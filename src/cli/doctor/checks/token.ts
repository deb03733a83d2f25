import type { JWTPayload, JWTVerifyOptions } from 'jose';
import type { Config } from '../../../config/schema.ts';
import type { Probe } from '../../../probe/http.ts';
import { parseJson } from '../../../probe/json.ts';
import { readToken, type ReadToken } from '../../../probe/token.ts';
import { fail, NO_CONFIG, ok, skipped, warn, type Check, type Result } from '../check.ts';

type Issuer = Config['auth']['issuers'][number];

/** The given token has the right form, is signed by whom the configuration trusts, and is not expired. */
export const tokenCheck: Check = {
  id: 'token',
  async run({ config, givenToken, token, probe }) {
    if (givenToken === undefined || token === undefined) {
      return [skipped("none was given; --token-file takes a user's access token")];
    }
    const form = judgeForm(givenToken);
    const read = readToken(token);
    if (read === undefined) {
      return [
        fail(
          'the token is not a JWT: three parts in base64url with dots between',
          'Send what the sign-in answered as access_token.',
        ),
      ];
    }
    if (config === undefined) return [form, skipped(NO_CONFIG)];
    return [form, await verify({ config, token, read, probe })];
  },
};

function judgeForm(given: string): Omit<Result, 'id'> {
  if (/^Bearer \S+$/.test(given)) return ok('it was given as "Bearer <token>", as the header has it');
  if (/^\S+$/.test(given)) return ok('one word, which is sent as "Authorization: Bearer <token>"');
  if (/^bearer\s/i.test(given)) {
    return warn('the word before it is not "Bearer" and one blank', 'Send "Authorization: Bearer <token>".');
  }
  return fail(
    'it has blanks or line breaks in it, or quotes around it',
    'Send "Authorization: Bearer <token>", nothing else.',
  );
}

interface Verifying {
  readonly config: Config;
  readonly token: string;
  readonly read: ReadToken;
  readonly probe: Probe;
}

async function verify({ config, token, read, probe }: Verifying): Promise<Omit<Result, 'id'>> {
  const { claims, algorithm } = read;
  const expiry = typeof claims['exp'] === 'number' ? claims['exp'] * 1000 : undefined;
  if (expiry !== undefined && expiry < Date.now()) {
    const minutes = Math.round((Date.now() - expiry) / 60_000);
    return fail(
      `it expired ${minutes} minutes ago`,
      'Sign in again, or let the front end refresh it in time.',
    );
  }
  try {
    const payload =
      config.auth.mode === 'local'
        ? await verifyLocal(config, token)
        : await verifyIssued(config, token, read, probe);
    const left =
      payload.exp === undefined
        ? 'it never expires'
        : `good for ${Math.round((payload.exp * 1000 - Date.now()) / 60_000)} more minutes`;
    return ok(`signed as it should be (${algorithm}), ${left}`);
  } catch (error) {
    return fail(`it does not pass: ${explain(error, read)}`, adviceFor(config));
  }
}

async function verifyLocal(config: Config, token: string): Promise<JWTPayload> {
  const [{ jwtVerify }, { openSigningKey }, { pino }] = await Promise.all([
    import('jose'),
    import('../../../auth/signing-key.ts'),
    import('pino'),
  ]);
  const { keyFile, issuer, audience } = config.auth.local;
  const key = await openSigningKey({ keyFile, logger: pino({ enabled: false }) });
  return (await jwtVerify(token, key.publicKey, { issuer, audience })).payload;
}

async function verifyIssued(
  config: Config,
  token: string,
  read: ReadToken,
  probe: Probe,
): Promise<JWTPayload> {
  const jose = await import('jose');
  const issuer = chooseIssuer(config, read);
  const options: JWTVerifyOptions = {
    algorithms: [...issuer.algorithms],
    clockTolerance: issuer.clockSkewSeconds,
    ...(issuer.issuer !== null && { issuer: issuer.issuer }),
    ...(issuer.audience !== null && { audience: issuer.audience }),
  };
  if (issuer.secret !== null) {
    return (await jose.jwtVerify(token, new TextEncoder().encode(issuer.secret), options)).payload;
  }
  if (issuer.publicKey !== null) {
    const key = await jose.importSPKI(issuer.publicKey, read.algorithm);
    return (await jose.jwtVerify(token, key, options)).payload;
  }
  const text =
    issuer.jwksUrl === null ? issuer.jwks : (await probe.ask({ method: 'GET', url: issuer.jwksUrl })).text;
  const keys = jose.createLocalJWKSet(parseJson(text ?? '') as Parameters<typeof jose.createLocalJWKSet>[0]);
  return (await jose.jwtVerify(token, keys, options)).payload;
}

function chooseIssuer(config: Config, { claims }: ReadToken): Issuer {
  const { issuers } = config.auth;
  const found =
    issuers.find((each) => each.issuer === claims['iss']) ?? issuers.find((each) => each.issuer === null);
  if (found === undefined)
    throw new Error(
      `its issuer is ${JSON.stringify(claims['iss'] ?? null)}, which auth.issuers does not list`,
    );
  return found;
}

function explain(error: unknown, { algorithm, claims }: ReadToken): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') return 'its signature was made with another key';
  if (code === 'ERR_JOSE_ALG_NOT_ALLOWED')
    return `its algorithm ${algorithm} is not among those that are taken`;
  if (code === 'ERR_JWKS_NO_MATCHING_KEY') return 'the key that signed it is not in the key set';
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED' && 'claim' in error) {
    const claim = String(error.claim);
    return `its ${claim} is ${JSON.stringify(claims[claim] ?? null)}`;
  }
  return error.message;
}

function adviceFor({ auth }: Config): string {
  return auth.mode === 'local'
    ? 'The gateway signs its own tokens (auth.mode is local): sign in at /api/auth/login. For those of a service, set auth.mode to jwt.'
    : 'Compare auth.issuers with what the service puts in its tokens; "chatkit-gateway init" reads it from one.';
}
