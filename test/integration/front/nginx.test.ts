import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { startGateway, type GatewayOptions, type TestGateway } from '../../support/gateway.ts';
import { startHostileUpstream } from '../../support/hostile-upstream.ts';
import { createLockstep, startLockstepService, type LockstepService } from '../../support/lockstep.ts';
import { startNginx } from '../../support/nginx.ts';
import { createFolder } from '../../support/program.ts';
import { create } from '../../support/requests.ts';
import { createScriptedResponder, say } from '../../support/scripted-responder.ts';
import { runSource } from '../../support/source-program.ts';
import { openStream } from '../../support/sse.ts';
import type { TestUser } from '../../support/user.ts';

const COUNT = 5;
const PAUSE_MS = 200;
/** What makes nginx gather a stream although it is told not to. */
const GATHERING = 'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;';

let service: LockstepService;

beforeAll(async () => {
  service = await startLockstepService();
});
afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
});

const inFront = (backend: 'forward' | 'bridge'): GatewayOptions => ({
  config: {
    chat: { backend, [backend]: { upstream: 'api', path: backend === 'forward' ? '/chatkit' : '/chat' } },
    upstreams: { api: { targets: [service.url] } },
  },
});

interface Way {
  readonly name: string;
  readonly start: () => Promise<TestGateway>;
  readonly ask: (user: TestUser, headers: Record<string, string>) => Promise<Response>;
}

const chat: Way['ask'] = (user, headers) => user.chatkit(create('lockstep'), { headers });
let said = createLockstep(0, 0);
const responder = createScriptedResponder();
responder.on('lockstep', (turn) => say(turn, said.words(turn.signal)));

const WAYS: readonly Way[] = [
  { name: 'agent', start: () => startGateway({ responder }), ask: chat },
  { name: 'forward', start: () => startGateway(inFront('forward')), ask: chat },
  { name: 'bridge', start: () => startGateway(inFront('bridge')), ask: chat },
  {
    name: 'pass-through',
    start: () =>
      startGateway({
        config: {
          upstreams: { api: { targets: [service.url] } },
          routes: [{ path: '/events', upstreamPath: '/events', methods: ['GET'] }],
        },
      }),
    ask: (user, headers) => user.fetch('/events', { headers }),
  },
];

const wordOf = (data: any): string | undefined => data.word ?? data.update?.delta;

describe('a stream behind nginx with its stock configuration', () => {
  it.each(WAYS)('S1 $name: every event is seen before the next one is made', async ({ start, ask }) => {
    await using gateway = await start();
    await using nginx = await startNginx(gateway.url);
    const user = (await gateway.signIn()).at(nginx.url);
    said = createLockstep(COUNT, PAUSE_MS);
    service.use(said);
    const response = await ask(user, { 'Accept-Encoding': 'gzip, deflate, br' });
    expect(response.status).toBe(200);
    expect(response.headers.get('server')).toContain('nginx');
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('content-encoding')).toBeNull();
    const stream = openStream(response);
    for await (const { data } of stream) {
      const word = wordOf(data);
      if (word !== undefined) said.saw(word);
    }
    const words = stream.frames.filter(({ data }) => wordOf(data) !== undefined);
    expect(words.map(({ data }) => wordOf(data))).toEqual(
      Array.from({ length: COUNT }, (_, n) => `word-${n} `),
    );
    expect(new Set(words.map(({ read }) => read)).size).toBe(COUNT);
    expect(stream.frames.some(({ data }) => data.type === 'error')).toBe(false);
  });

  it('S1: without X-Accel-Buffering the same nginx holds every event until the end', async () => {
    await using upstream = await startHostileUpstream();
    upstream.use('/chatkit', { kind: 'sse', form: 'chatkit', count: COUNT, everyMs: PAUSE_MS });
    await using gateway = await startGateway({
      config: {
        chat: { backend: 'forward', forward: { upstream: 'api', path: '/chatkit' } },
        upstreams: { api: { targets: [upstream.url] } },
      },
    });
    await using nginx = await startNginx(gateway.url, GATHERING);
    const user = (await gateway.signIn()).at(nginx.url);
    const stream = openStream(await user.chatkit(create('Hello')));
    for await (const _frame of stream) expect(upstream.last().state).toBe('finished');
    expect(stream.frames.length).toBeGreaterThan(COUNT);
  });
});

describe('doctor through nginx', () => {
  it(
    'sees nothing wrong with the stock configuration, and what gathers or compresses a reply',
    { timeout: 90_000 },
    async () => {
      await using upstream = await startHostileUpstream();
      upstream.use('/chatkit', { kind: 'sse', form: 'chatkit', count: 8, everyMs: 60 });
      await using gateway = await startGateway({
        config: {
          chat: { backend: 'forward', forward: { path: '/chatkit' } },
          upstreams: { api: { targets: [upstream.url] } },
        },
      });
      const { token } = await gateway.signIn();
      await using stock = await startNginx(gateway.url);
      expect(await diagnose(gateway, stock.url, token)).toMatchObject([
        { status: 'ok', seen: expect.stringContaining('as they are made') },
        { status: 'ok', seen: 'the stream is not compressed' },
        { status: 'ok', seen: 'nginx took X-Accel-Buffering: no for itself' },
      ]);
      await using gathering = await startNginx(gateway.url, GATHERING);
      expect((await diagnose(gateway, gathering.url, token))[0]).toMatchObject({
        status: 'fail',
        advice: expect.stringContaining('proxy_buffering off'),
      });
      await using zipping = await startNginx(gateway.url, 'gzip_types text/event-stream;');
      expect((await diagnose(gateway, zipping.url, token))[1]).toMatchObject({
        status: 'fail',
        seen: expect.stringContaining('gzip'),
      });
    },
  );
});

/** What `doctor` says of the streaming of a gateway at this address. */
async function diagnose(gateway: TestGateway, url: string, token: string) {
  const folder = await createFolder();
  const [config, tokenFile] = [path.join(folder, 'gateway.yaml'), path.join(folder, 'token')];
  await writeFile(config, stringify(gateway.context.config));
  await writeFile(tokenFile, token);
  const args = ['doctor', '--json', '--config', config, '--url', url, '--token-file', tokenFile];
  const program = runSource(args, { cwd: folder });
  program.end();
  await program.exited;
  const { checks } = JSON.parse(program.stdout()) as {
    checks: { id: string; status: string; seen: string; advice?: string }[];
  };
  return checks.filter(({ id }) => id === 'gateway-streaming');
}
