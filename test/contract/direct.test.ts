import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { create, getThread, listThreads, rename } from '../support/requests.ts';

const ORIGIN = 'https://app.example.com';
const LIMIT = 1_024;
const FRAMES = 'data: {"type":"progress_update","text":"a"}\n\ndata: {"type":"x"}\r\n\r\n';

/** The listener as it is, and the pipeline of Express alone, over the same parts. */
interface Pair extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly urls: readonly string[];
}

let service: Server;
let pair: Pair;

beforeAll(async () => {
  service = await listen(createServer((req, res) => void answer(req, res)));
  pair = await startPair({});
});
afterAll(async () => {
  await pair?.[Symbol.asyncDispose]();
  end(service);
});

async function startPair(limits: object): Promise<Pair> {
  const gateway = await startGateway({
    config: {
      server: { corsOrigins: [ORIGIN], bodyLimitBytes: LIMIT },
      chat: { backend: 'forward', forward: { upstream: 'api', path: '/chatkit' } },
      upstreams: { api: { targets: [addressOf(service)] } },
      limits,
    },
  });
  const express = await listen(createServer(createApp(gateway.context)));
  return {
    gateway,
    urls: [gateway.url, addressOf(express)],
    async [Symbol.asyncDispose]() {
      end(express);
      await gateway.stop();
    },
  };
}

function end(server: Server | undefined): void {
  server?.closeAllConnections();
  server?.close();
}

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** What stands for a service that speaks ChatKit. */
async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  const { type } = JSON.parse(Buffer.concat(chunks).toString()) as { type: string };
  const send = (status: number, contentType: string, body: string, headers = {}) =>
    void res.writeHead(status, { 'content-type': contentType, ...headers }).end(body);
  if (type === 'threads.create') send(200, 'text/event-stream', FRAMES);
  else if (type === 'threads.get_by_id') send(404, 'application/json', '{"detail":"No such thread."}');
  else if (type === 'threads.update') send(500, 'text/html', '<h1>Traceback</h1>');
  else if (type === 'items.feedback') send(429, 'application/json', '{}', { 'retry-after': '7' });
  else send(200, 'application/json', '{"data": [], "n": 2.0}');
}

interface Asked {
  readonly line?: string;
  /** Undefined takes a header away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  /** The body as it is, without a length of its own. */
  readonly raw?: string;
  /** The client goes after it has sent this. */
  readonly isAborted?: boolean;
}

function toBytes(asked: Asked, token: string): string {
  const { line = 'POST /api/chatkit HTTP/1.1', body = JSON.stringify(listThreads()), raw } = asked;
  const headers = {
    Host: 'gateway',
    Authorization: `Bearer ${token}`,
    Connection: 'close',
    'Content-Type': 'application/json',
    ...(raw === undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
    ...asked.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return [line, ...lines, '', raw ?? body].join('\r\n');
}

/** The answer to bytes on a connection of their own. */
async function exchange(url: string, bytes: string, isAborted: boolean): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => (received += text));
  const closed = new Promise<void>((resolve, reject) => {
    socket.once('close', () => resolve()).once('error', reject);
    setTimeout(() => reject(new Error(`the connection stays open after ${received}`)), 10_000).unref();
  });
  socket.write(bytes, 'latin1');
  if (isAborted) setTimeout(() => socket.destroy(), 50);
  await closed;
  return received;
}

/** Without what differs between any two answers. */
function normalised(whole: string) {
  const received = whole.replace('HTTP/1.1 100 Continue\r\n\r\n', '');
  const [head = '', body = ''] = received.split('\r\n\r\n', 2);
  const [status, ...lines] = head.split('\r\n');
  const headers = lines
    .filter((line) => !/^date:/i.test(line))
    .map((line) =>
      line
        .replace(/^(x-request-id|x-run-id): .*/i, '$1: …')
        .replace(/pk=:[^:]+:/, 'pk=:…:')
        .replace(/; t=\d+/, '; t=…')
        .replace(/^(retry-after): [1-6]?\d$/i, '$1: …'),
    );
  const rest = received.slice(head.length + 4, head.length + 4 + body.length);
  const text = rest
    .replace(/"request_id":"[^"]+"/, '"request_id":"…"')
    .replace(/in \d+ second/, 'in … second');
  return { status, headers: headers.toSorted(), body: text };
}

/** The log lines of requests since this many lines, without what differs between any two. */
const linesSince = (from: number, { logs }: TestGateway) =>
  logs
    .slice(from)
    .filter((line) => 'route' in line)
    .map(({ time: _time, requestId: _id, ms: _ms, userId: _user, ...line }) => line)
    // Nobody was told a status when the client has gone before.
    .map(({ status, problem, ...line }) => (line['aborted'] === true ? line : { ...line, status, problem }));

async function play(gateway: TestGateway, url: string, token: string, table: readonly Asked[]) {
  const answers = [];
  for (const asked of table) {
    const from = gateway.logs.length;
    const received = await exchange(url, toBytes(asked, token), asked.isAborted === true);
    const line = await vi.waitFor(() => {
      const lines = linesSince(from, gateway);
      expect(lines).toHaveLength(1);
      return lines[0];
    });
    answers.push({ ...normalised(received), line });
  }
  return answers;
}

const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const LIST = JSON.stringify(listThreads());
const ofType = (operation: object): Asked => ({ body: JSON.stringify(operation) });

const TABLE: readonly (readonly [string, Asked, RegExp])[] = [
  ['a list', {}, / 200 /],
  ['a stream', ofType(create('hello')), / 200 /],
  ['an operation that is unknown here', ofType({ type: 'threads.new_thing', params: {} }), / 200 /],
  ['no more than the type', ofType({ type: 'threads.list' }), / 400 /],
  ['a refusal of the service', ofType(getThread('thr_1')), / 404 /],
  ['a failure of the service', ofType(rename('thr_1', 'a')), / 502 /],
  [
    'a time to come back',
    ofType({ type: 'items.feedback', params: { thread_id: 'a', item_ids: [], kind: 'positive' } }),
    / 429 /,
  ],
  ['malformed JSON', { body: '{"type":' }, / 400 /],
  ['JSON without a type', { body: '[]' }, / 400 /],
  ['no body', { body: '' }, / 400 /],
  ['bytes that are no UTF-8', { raw: '{"type":"\xff"}', headers: { 'Content-Length': '12' } }, / 400 /],
  ['deep nesting', { body: '['.repeat(200) }, / 400 /],
  ['a body at the limit', { body: LIST.padEnd(LIMIT) }, / 200 /],
  ['a body over the limit', { body: LIST.padEnd(LIMIT + 1) }, / 413 /],
  ['a chunked body', { raw: chunked(LIST), headers: { 'Transfer-Encoding': 'chunked' } }, / 200 /],
  [
    'a chunked body over the limit',
    { raw: chunked(LIST.padEnd(LIMIT + 1)), headers: { 'Transfer-Encoding': 'chunked' } },
    / 413 /,
  ],
  [
    'A49: a body that is announced far over the limit and does not come',
    { raw: '{', headers: { 'Content-Length': '34000000' } },
    / 413 /,
  ],
  ['A46: two hosts', { headers: { host: 'another' } }, / 400 /],
  ['A46: the same host twice', { headers: { HOST: 'gateway' } }, / 400 /],
  ['A46: two Authorization headers', { headers: { authorization: 'Bearer a.b.c' } }, / 400 /],
  ['a form', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }, / 415 /],
  ['plain text', { headers: { 'Content-Type': 'text/plain' } }, / 415 /],
  ['no content type', { headers: { 'Content-Type': undefined } }, / 415 /],
  ['a charset', { headers: { 'Content-Type': 'application/json;charset=UTF-8' } }, / 200 /],
  ['another parameter', { headers: { 'Content-Type': 'application/json; v=1' } }, / 200 /],
  ['a coding', { headers: { 'Content-Encoding': 'gzip' } }, / 415 /],
  ['no coding, said so', { headers: { 'Content-Encoding': 'identity' } }, / 200 /],
  ['no token', { headers: { Authorization: undefined } }, / 401 /],
  ['another scheme', { headers: { Authorization: 'Basic YTpi' } }, / 401 /],
  ['an empty token', { headers: { Authorization: 'Bearer' } }, / 401 /],
  ['two tokens', { headers: { Authorization: 'Bearer a b' } }, / 401 /],
  ['a token of nobody', { headers: { Authorization: 'Bearer a.b.c' } }, / 401 /],
  ['a token with a blank before it', { headers: { Authorization: 'Bearer  a.b.c' } }, / 401 /],
  ['a scheme in small letters', { headers: { Authorization: 'bearer a.b.c' } }, / 401 /],
  ['an allowed origin', { headers: { Origin: ORIGIN } }, / 200 /],
  ['another origin', { headers: { Origin: 'https://evil.example' } }, / 200 /],
  ['a refusal at an allowed origin', { headers: { Origin: ORIGIN, Authorization: undefined } }, / 401 /],
  ['a preflight', preflight(ORIGIN), / 204 /],
  ['a preflight of another origin', preflight('https://evil.example'), / 204 /],
  ['a request id', { headers: { 'X-Request-Id': 'my-request-1' } }, / 200 /],
  ['a request id that is none', { headers: { 'X-Request-Id': 'a b' } }, / 200 /],
  ['another method', { line: 'PUT /api/chatkit HTTP/1.1' }, / 405 /],
  ['GET', { line: 'GET /api/chatkit HTTP/1.1', raw: '' }, / 405 /],
  ['HEAD', { line: 'HEAD /api/chatkit HTTP/1.1', raw: '' }, / 405 /],
  ['a query', { line: 'POST /api/chatkit?a=1 HTTP/1.1' }, / 200 /],
  ['a slash at the end', { line: 'POST /api/chatkit/ HTTP/1.1' }, / 200 /],
  ['capital letters', { line: 'POST /API/ChatKit HTTP/1.1' }, / 200 /],
  ['an absolute target', { line: 'POST http://evil.example/api/chatkit HTTP/1.1' }, / 400 /],
  ['two slashes', { line: 'POST //api/chatkit HTTP/1.1' }, / 400 /],
  ['dot segments', { line: 'POST /api/x/../chatkit HTTP/1.1' }, / 400 /],
  ['an expectation', { headers: { Expect: '100-continue' } }, / 200 /],
  ['HTTP/1.0', { line: 'POST /api/chatkit HTTP/1.0' }, / 200 /],
  [
    'a client that goes amid the body',
    { raw: '{"ty', headers: { 'Content-Length': '50' }, isAborted: true },
    /^$/,
  ],
];

function preflight(origin: string): Asked {
  return {
    line: 'OPTIONS /api/chatkit HTTP/1.1',
    raw: '',
    headers: {
      Origin: origin,
      Authorization: undefined,
      'Content-Type': undefined,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type',
    },
  };
}

describe('a request is answered alike with and without the router of Express', () => {
  // A user for each side, so that what is left of their limits is the same.
  const tokens: string[] = [];
  beforeAll(async () => {
    for (const _url of pair.urls) tokens.push((await pair.gateway.signIn()).token);
  });

  it.each(TABLE)('%s', async (_name, asked, status) => {
    const answers = [];
    for (const [at, url] of pair.urls.entries()) {
      answers.push(...(await play(pair.gateway, url, tokens[at] ?? '', [asked])));
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toMatch(status);
  });

  it('and is counted alike', async () => {
    const count = async () => {
      const counted = /^gateway_http_requests_total\{.*route="\/api\/chatkit",status="200"\} (\d+)$/m;
      return Number(counted.exec(await pair.gateway.metrics())?.[1]);
    };
    const counts = [await count()];
    for (const url of pair.urls) {
      await play(pair.gateway, url, tokens[0] ?? '', [{}]);
      counts.push(await count());
    }
    expect(counts.map((each) => each - (counts[0] ?? 0))).toEqual([0, 1, 2]);
  });

  it('over the limits', async () => {
    const [chat, runs] = [5, 2].map((limit) => ({ limit, windowSeconds: 60 }));
    await using limited = await startPair({ policies: { chat, runs } });
    const table = [...Array.from({ length: 3 }, () => ofType(create('hi'))), {}, {}, {}, { body: '{' }];
    const answers = [];
    for (const url of limited.urls) {
      const user = await limited.gateway.signIn();
      answers.push(await play(limited.gateway, url, user.token, table));
    }
    expect(answers[0]).toEqual(answers[1]);
    const statuses = answers[0]?.map(({ status }) => status?.split(' ')[1]);
    expect(statuses).toEqual(['200', '200', '429', '200', '200', '429', '429']);
  });
});
