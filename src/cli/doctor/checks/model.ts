import { ProbeError } from '../../../probe/http.ts';
import { isObject, parseJson, valueAt } from '../../../probe/json.ts';
import { fail, NO_CONFIG, ok, skipped, warn, type Check } from '../check.ts';

const OPENAI_URL = 'https://api.openai.com/v1';

/** The model server answers and takes the key. Listing its models costs nothing. */
export const modelCheck: Check = {
  id: 'model-server',
  async run({ config, probe }) {
    if (config === undefined) return [skipped(NO_CONFIG)];
    if (config.chat.backend !== 'agent')
      return [skipped('a service answers in the chat, not the built-in agent')];
    const { apiKey, baseUrl, model, models } = config.agent;
    if (apiKey === null && baseUrl === null) {
      return [
        warn('the offline demo model answers', 'Set OPENAI_API_KEY, or agent.baseUrl, for a real one.'),
      ];
    }
    const url = `${(baseUrl ?? OPENAI_URL).replace(/\/$/, '')}/models`;
    try {
      const headers = { authorization: `Bearer ${apiKey ?? 'no-key'}` };
      const { status, text } = await probe.ask({ method: 'GET', url, headers });
      if (status === 401 || status === 403) {
        return [
          apiKey === null
            ? fail(`${url} wants a key (${status})`, 'Set agent.apiKey, or OPENAI_API_KEY.')
            : fail(`${url} refuses the key (${status})`, 'Mend agent.apiKey.'),
        ];
      }
      if (status === 404)
        return [
          warn(
            `${url} does not exist, so the models were not looked at`,
            'Check agent.baseUrl; it often ends with /v1.',
          ),
        ];
      const data = valueAt(parseJson(text), 'data');
      if (status !== 200 || !Array.isArray(data)) {
        return [
          fail(
            `${url} answered ${status} without a list of models`,
            'Check agent.baseUrl; it often ends with /v1.',
          ),
        ];
      }
      const known = data.filter(isObject).map((each) => each['id']);
      const unknown = [model, ...models].filter((each) => !known.includes(each));
      if (unknown.length === 0) return [ok(`${url} takes the key and has ${[model, ...models].join(', ')}`)];
      return [
        warn(
          `${url} takes the key, and does not list ${unknown.join(', ')}`,
          'Check agent.model and agent.models.',
        ),
      ];
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      return [
        fail(`${url} cannot be reached: ${error.message}`, 'Check agent.baseUrl, and what lies between.'),
      ];
    }
  },
};
