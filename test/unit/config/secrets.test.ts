import { describe, expect, it } from 'vitest';
import { describeSchema, listKeys } from '../../../src/config/keys.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { problemsOf } from './support.ts';

describe('secrets', () => {
  it('are marked in the schema', () => {
    const secret = listKeys(configSchema).filter((key) => key.node.secret);
    expect(secret.map((key) => key.path.join('.'))).toEqual([
      'chat.bridge.headers',
      'chat.hosted.apiKey',
      'agent.apiKey',
      'attachments.s3.accessKeyId',
      'attachments.s3.secretAccessKey',
      'attachments.linkSecret',
      'transcription.apiKey',
      'store.url',
    ]);
    expect(describeSchema(configSchema.shape.environment).secret).toBe(false);
  });

  it.each([
    ['a wrong type', 'agent: { apiKey: [geheim] }', {}],
    ['a section', 'agent: { apiKey: { geheim: 1 } }', {}],
    ['a wrong form', 'store: { url: "mysql://u:geheim@h/d" }', {}],
    ['a key that does not exist', 'agent: { apiKye: geheim }', {}],
    ['an alias', 'agent: { apiKey: *geheim }', {}],
    ['a tag', 'agent: { apiKey: !geheim x }', {}],
    ['a broken line', 'agent: { apiKey: "geheim }', {}],
    ['a second colon', 'agent: apiKey: geheim', {}],
    ['a bad escape', 'agent: { apiKey: "geheim\\q" }', {}],
    ['an unexpected token', 'agent:\n  apiKey: geheim ] geheim\n  }', {}],
    ['a directive', '%geheim x\n---\na: 1', {}],
    ['the environment, a wrong form', undefined, { GATEWAY_STORE_URL: 'mysql://u:geheim@h/d' }],
    ['the environment, a variable that does not exist', undefined, { GATEWAY_API_KEY: 'geheim' }],
    ['the environment, JSON', undefined, { GATEWAY_UPSTREAMS: '{"api": geheim' }],
    ['an address', 'upstreams: { api: { targets: ["ftp://u:geheim@h"] } }', {}],
    ['an address that is the base of all', undefined, { OPENAI_BASE_URL: 'u:geheim@h' }],
  ])('are not in the message about %s', async (_, text, env) => {
    const problems = await problemsOf(text, env);
    expect(problems.length).toBeGreaterThan(0);
    // A misplaced name is all that may be shown.
    expect(problems.join('\n').replaceAll('agent.apiKey.geheim', '')).not.toContain('geheim');
  });
});
