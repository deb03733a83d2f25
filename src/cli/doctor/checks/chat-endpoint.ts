import { ProbeError } from '../../../probe/http.ts';
import { isObject, parseJson } from '../../../probe/json.ts';
import { recognise } from '../../../probe/recognise.ts';
import { accessTo, type Access } from '../access.ts';
import { fail, NO_CONFIG, ok, skipped, warn, type Check, type Examination, type Result } from '../check.ts';

/** The service speaks ChatKit, or answers in the form that the configuration says. */
export const chatEndpointCheck: Check = {
  id: 'chat-endpoint',
  async run(examination) {
    const { config, service } = examination;
    if (config === undefined) return [skipped(NO_CONFIG)];
    if (service === undefined) return [skipped('the built-in agent answers, not a service')];
    return [
      config.chat.backend === 'forward' ? await judgeChatKit(examination) : await judgePlain(examination),
    ];
  },
};

const LIST_THREADS = { type: 'threads.list', params: { limit: 1, order: 'desc' } };
const PATH_ADVICE =
  'Check the path in the configuration; "chatkit-gateway init" finds what the service offers.';

async function judgeChatKit(examination: Examination): Promise<Omit<Result, 'id'>> {
  const { config, service, token, probeOf } = examination;
  if (config === undefined || service === undefined) return skipped(NO_CONFIG);
  const access = await accessTo(config, service, token);
  try {
    const answer = await probeOf(service.name).ask({
      method: 'POST',
      url: service.url,
      headers: access.kind === 'headers' ? access.headers : {},
      json: LIST_THREADS,
    });
    const { status, headers } = answer;
    const type = headers['content-type'] ?? 'no content type';
    const value = parseJson(answer.text);
    if (status === 200 && isObject(value) && Array.isArray(value['data'])) {
      return ok(`${service.url} lists threads as ChatKit has it`);
    }
    if (status === 401 || status === 403) return judgeLocked(service.url, status, access, headers);
    return fail(
      `${service.url} answered ${status} (${type}) to threads.list: it does not speak ChatKit`,
      PATH_ADVICE,
    );
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return fail(`${service.url}: ${error.message}`, 'See the check of upstreams.');
  }
}

function judgeLocked(
  url: string,
  status: number,
  access: Access,
  headers: Readonly<Record<string, string>>,
): Omit<Result, 'id'> {
  if (access.kind === 'headers') {
    return fail(
      `${url} refuses what the gateway would send (${status})`,
      'The service does not take what the gateway sends: look at upstreams.*.credentials and at what it verifies.',
    );
  }
  const challenge = headers['www-authenticate'] === undefined ? '' : ' with a challenge';
  return ok(`${url} is there and wants a token (${status}${challenge}); ${access.why}`);
}

async function judgePlain({ config, service, serviceTurn }: Examination): Promise<Omit<Result, 'id'>> {
  const turn = await serviceTurn();
  const url = service?.url ?? '';
  if (turn.kind === 'skipped') return skipped(turn.why);
  if (turn.kind === 'failed') return fail(`${url}: ${turn.why}`, PATH_ADVICE);
  const found = recognise(turn.answer);
  const type = turn.answer.headers['content-type'] ?? 'no content type';
  if (turn.answer.headers['content-encoding'] !== undefined) {
    return skipped('the answer is compressed, so its form was not looked at; see service-compression');
  }
  if (found === undefined)
    return fail(`${url} answered ${type}, in which no reply can be found`, PATH_ADVICE);
  const wanted = config?.chat.bridge.response.format ?? 'auto';
  if (wanted !== 'auto' && wanted !== found.format) {
    return warn(
      `${url} answers as ${found.format} (${found.why}), and chat.bridge.response.format is ${wanted}`,
      `Set chat.bridge.response.format to ${found.format}, or to auto.`,
    );
  }
  return ok(`${url} answers as ${found.format}: ${found.why}`);
}
