import { ProbeError } from '../../../probe/http.ts';
import { parseJson, valueAt } from '../../../probe/json.ts';
import { fail, NO_GATEWAY, ok, skipped, type Check } from '../check.ts';

/** The gateway is reached from outside, and is ready. */
export const gatewayHealthCheck: Check = {
  id: 'gateway-health',
  async run({ gatewayUrl, probe }) {
    if (gatewayUrl === undefined) return [skipped(NO_GATEWAY)];
    return await Promise.all(
      [
        { path: '/healthz', wanted: 'ok' },
        { path: '/readyz', wanted: 'ready' },
      ].map(async ({ path, wanted }) => {
        const url = `${gatewayUrl}${path}`;
        try {
          const { status, text, headers } = await probe.ask({ method: 'GET', url });
          if (status === 200 && valueAt(parseJson(text), 'status') === wanted)
            return ok(`${url} says ${wanted}`);
          const type = headers['content-type'] ?? 'no content type';
          const advice =
            status === 503
              ? 'The gateway runs and its database does not answer, or it is stopping: look at its log.'
              : 'What answers is not the gateway: check what the proxy in front passes on, and to where.';
          return fail(`${url} answered ${status} (${type})`, advice);
        } catch (error) {
          if (!(error instanceof ProbeError)) throw error;
          return fail(
            `${url}: ${error.message}`,
            'Start the gateway, or check the address and the proxy in front.',
          );
        }
      }),
    );
  },
};
