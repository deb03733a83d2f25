import { describe, expect, it } from 'vitest';
import { diagnose } from '../../support/doctor.ts';
import { startMockModel } from '../../support/model-server.ts';

const KEY = 'sk-test-of-the-doctor';

/** What doctor says of the model server with these settings of the agent. */
async function judged(agent: object) {
  const { of, output } = await diagnose({ server: { port: 0, adminPort: 0 }, agent });
  expect(output).not.toContain(KEY);
  return of('model-server');
}

async function startModel() {
  const { mock, baseUrl } = await startMockModel({ apiKey: KEY });
  mock.on({ userMessage: 'hello', model: 'good-model' }, { content: 'Hello.' });
  return { mock, baseUrl };
}

describe('doctor, of the model server', () => {
  it('is content with a good key and models that are there', async () => {
    const { baseUrl, mock } = await startModel();
    expect(await judged({ baseUrl, apiKey: KEY, model: 'good-model' })).toEqual([
      { id: 'model-server', status: 'ok', seen: `${baseUrl}/models takes the key and has good-model` },
    ]);
    // Nothing that costs: the models were listed, and no reply was asked for.
    expect(mock.getRequests().filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('sees that a wrong key is refused, and that one is wanted', async () => {
    const { baseUrl } = await startModel();
    expect(await judged({ baseUrl, apiKey: 'sk-wrong', model: 'good-model' })).toMatchObject([
      { status: 'fail', seen: `${baseUrl}/models refuses the key (401)`, advice: 'Mend agent.apiKey.' },
    ]);
    expect(await judged({ baseUrl, model: 'good-model' })).toMatchObject([
      { status: 'fail', seen: `${baseUrl}/models wants a key (401)` },
    ]);
  });

  it('sees models that the server does not list', async () => {
    const { baseUrl } = await startModel();
    const agent = { baseUrl, apiKey: KEY, model: 'gone-model', models: ['good-model', 'other-model'] };
    expect(await judged(agent)).toMatchObject([
      {
        status: 'warn',
        seen: expect.stringMatching(/takes the key, and does not list gone-model, other-model$/) as string,
      },
    ]);
  });

  it('sees an address where nobody is, and one that has no models', async () => {
    expect(await judged({ baseUrl: 'http://127.0.0.1:1/v1', apiKey: KEY })).toMatchObject([
      { status: 'fail', seen: 'http://127.0.0.1:1/v1/models cannot be reached: nothing listens there' },
    ]);
    const { baseUrl } = await startModel();
    const root = baseUrl.replace(/v1$/, 'v2');
    expect(await judged({ baseUrl: root, apiKey: KEY })).toMatchObject([
      { status: 'warn', seen: expect.stringContaining('does not exist') as string },
    ]);
  });
});
