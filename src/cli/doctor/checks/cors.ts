import { ProbeError, type Probe } from '../../../probe/http.ts';
import { fail, NO_CONFIG, NO_GATEWAY, ok, skipped, type Check, type Result } from '../check.ts';

const STRANGER = 'https://not-listed.example.com';

/** Preflights of the configured origins are answered, and those of others are not. */
export const corsCheck: Check = {
  id: 'cors',
  async run({ config, gatewayUrl, probe }) {
    if (config === undefined) return [skipped(NO_CONFIG)];
    if (gatewayUrl === undefined) return [skipped(NO_GATEWAY)];
    const { corsOrigins } = config.server;
    if (corsOrigins.length === 0) {
      return [skipped('server.corsOrigins is empty: only pages of the same origin may call')];
    }
    return await Promise.all([
      ...corsOrigins.slice(0, 20).map((origin) => preflight(probe, gatewayUrl, origin, true)),
      preflight(probe, gatewayUrl, STRANGER, false),
    ]);
  },
};

async function preflight(
  probe: Probe,
  gatewayUrl: string,
  origin: string,
  isListed: boolean,
): Promise<Omit<Result, 'id'>> {
  try {
    const { status, headers } = await probe.ask({
      method: 'OPTIONS',
      url: `${gatewayUrl}/api/chatkit`,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    const allowed = headers['access-control-allow-origin'];
    if (!isListed) {
      if (allowed === undefined) return ok('an origin that is not listed is not let in');
      return fail(
        `an origin that is not listed is let in (${allowed})`,
        'The proxy in front adds CORS headers of its own: remove them.',
      );
    }
    const named = (headers['access-control-allow-headers'] ?? '').toLowerCase();
    if (allowed === origin && named.includes('authorization')) return ok(`${origin} may call`);
    return fail(
      `the preflight of ${origin} answered ${status} and allows ${allowed ?? 'no origin'}`,
      'The proxy in front answers OPTIONS itself or changes the headers: let it pass them on.',
    );
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return fail(`the preflight of ${origin}: ${error.message}`, 'See gateway-health.');
  }
}
