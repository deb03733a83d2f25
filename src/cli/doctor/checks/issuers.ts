import { readKeySet, UnusableKeyError } from '../../../config/public-keys.ts';
import type { Config } from '../../../config/schema.ts';
import { ProbeError, type Probe } from '../../../probe/http.ts';
import { fail, NO_CONFIG, ok, skipped, warn, type Check, type Result } from '../check.ts';

type Issuer = Config['auth']['issuers'][number];

/** The keys with which tokens of others are verified are there. */
export const issuersCheck: Check = {
  id: 'issuer-keys',
  async run({ config, probe }) {
    if (config === undefined) return [skipped(NO_CONFIG)];
    if (config.auth.mode === 'local') return [skipped('the gateway signs its tokens itself')];
    return await Promise.all(config.auth.issuers.map((issuer, at) => judge(issuer, at, probe)));
  },
};

async function judge(issuer: Issuer, at: number, probe: Probe): Promise<Omit<Result, 'id'>> {
  const name = issuer.issuer ?? `issuers[${at}]`;
  const { secret, publicKey, jwks, jwksUrl } = issuer;
  if (jwksUrl !== null) return await judgeKeySet(name, jwksUrl, issuer, probe);
  if (secret === null && publicKey === null && jwks === null) {
    return fail(
      `${name}: there is nothing to verify its tokens with`,
      `Set auth.issuers[${at}].secret, publicKey, jwks or jwksUrl, or GATEWAY_AUTH_ISSUERS_${at}_SECRET.`,
    );
  }
  if (secret !== null && Buffer.byteLength(secret) < 32) {
    return warn(
      `${name}: its secret has fewer than 32 bytes, so it can be found by trying`,
      'Give the service a longer one: openssl rand -hex 32',
    );
  }
  return ok(`${name}: the key is in the configuration (${issuer.algorithms.join(', ')})`);
}

async function judgeKeySet(
  name: string,
  url: string,
  issuer: Issuer,
  probe: Probe,
): Promise<Omit<Result, 'id'>> {
  const advice = 'Check auth.issuers[].jwksUrl, and that this machine may reach it.';
  try {
    const { status, text, headersMs } = await probe.ask({ method: 'GET', url });
    if (status !== 200) return fail(`${name}: ${url} answered ${status} without a key set`, advice);
    const usable = readKeySet(text, issuer.algorithms);
    return ok(`${name}: ${usable.length} keys at ${url} in ${headersMs} ms`);
  } catch (error) {
    if (error instanceof UnusableKeyError) {
      return fail(
        `${name}: what is at ${url} ${error.message}`,
        'Check auth.issuers[].jwksUrl, and set auth.issuers[].algorithms to what the issuer signs with.',
      );
    }
    if (!(error instanceof ProbeError)) throw error;
    return fail(`${name}: ${url} cannot be fetched: ${error.message}`, advice);
  }
}
