import { ProbeError } from '../../../probe/http.ts';
import { NO_CONFIG, ok, skipped, warn, fail, type Check, type Result } from '../check.ts';

/** A `Date` header has whole seconds, and the answer takes its time. */
const GRAIN_SECONDS = 2;
const FAR_SECONDS = 60;

/** The clocks of this machine, the services and the gateway agree: tokens have times in them. */
export const clockCheck: Check = {
  id: 'clocks',
  async run({ config, gatewayUrl, probe, probeOf }) {
    if (config === undefined) return [skipped(NO_CONFIG)];
    const places = [
      ...Object.entries(config.upstreams).flatMap(([name, { targets }]) =>
        targets.map((url) => ({ name: `${name} (${new URL(url).host})`, url, probe: probeOf(name) })),
      ),
      ...config.auth.issuers.flatMap(({ jwksUrl }) =>
        jwksUrl === null ? [] : [{ name: new URL(jwksUrl).host, url: jwksUrl, probe }],
      ),
      ...(gatewayUrl === undefined ? [] : [{ name: 'the gateway', url: `${gatewayUrl}/healthz`, probe }]),
    ];
    if (places.length === 0) return [skipped('there is nothing to compare with')];
    const tolerated = Math.min(...config.auth.issuers.map(({ clockSkewSeconds }) => clockSkewSeconds), 10);
    return await Promise.all(
      places.map(async (place): Promise<Omit<Result, 'id'>> => {
        try {
          const { headers } = await place.probe.ask({ method: 'GET', url: place.url });
          return judge(place.name, Date.parse(headers['date'] ?? ''), tolerated);
        } catch (error) {
          if (!(error instanceof ProbeError)) throw error;
          return skipped(`${place.name} cannot be reached: ${error.message}`);
        }
      }),
    );
  },
};

function judge(name: string, date: number, tolerated: number): Omit<Result, 'id'> {
  if (Number.isNaN(date)) return skipped(`${name} does not say what time it is`);
  const seconds = Math.round((date - Date.now()) / 1000);
  const apart = Math.abs(seconds);
  if (apart <= Math.max(GRAIN_SECONDS, tolerated)) return ok(`${name} is ${apart} s apart`);
  const seen = `the clock of ${name} is ${apart} s ${seconds > 0 ? 'ahead' : 'behind'}`;
  const advice =
    'Keep the clocks of both machines with NTP; auth.issuers[].clockSkewSeconds is for small differences.';
  return apart > FAR_SECONDS ? fail(seen, advice) : warn(seen, advice);
}
