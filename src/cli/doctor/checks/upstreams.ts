import { ProbeError } from '../../../probe/http.ts';
import { fail, NO_CONFIG, ok, skipped, warn, type Check, type Examination, type Result } from '../check.ts';

/** Every target of every upstream takes connections, with TLS where it should, and is well. */
export const upstreamsCheck: Check = {
  id: 'upstreams',
  async run(examination) {
    const { config } = examination;
    if (config === undefined) return [skipped(NO_CONFIG)];
    const targets = Object.entries(config.upstreams).flatMap(([name, { targets: urls, health }]) =>
      urls.map((url) => ({ name, url, path: health.path })),
    );
    if (targets.length === 0) return [skipped('there are none')];
    return await Promise.all(targets.map((target) => askTarget(examination, target)));
  },
};

async function askTarget(
  examination: Examination,
  target: { readonly name: string; readonly url: string; readonly path: string | null },
): Promise<Omit<Result, 'id'>> {
  const { name, path } = target;
  const url = `${target.url.replace(/\/$/, '')}${path ?? '/'}`;
  try {
    const { status, headersMs } = await examination.probeOf(name).ask({ method: 'GET', url });
    const took = `${name}: ${url} answered ${status} in ${headersMs} ms`;
    if (path !== null && (status < 200 || status > 299)) {
      return fail(took, `It counts as down while upstreams.${name}.health.path does not answer 2xx.`);
    }
    return status >= 500 ? warn(took, 'Look at the log of the service.') : ok(took);
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return fail(`${name}: ${target.url} cannot be used: ${error.message}`, adviceFor(name, error));
  }
}

function adviceFor(name: string, { message }: ProbeError): string {
  if (message.includes('authority') || message.includes('signed by itself')) {
    return `Name the PEM file of its authority in upstreams.${name}.caFile.`;
  }
  if (message.includes('TLS')) return 'Use http:// in the target, or let the service speak TLS.';
  return `Start the service, or mend upstreams.${name}.targets; in a container, 127.0.0.1 is the container itself.`;
}
