import { once } from 'node:events';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { startGateway, type GatewayOptions, type TestGateway } from './gateway.ts';

type Config = NonNullable<GatewayOptions['config']>;

/** A gateway whose route `/svc` is everything that an upstream has, for every method. */
export function startPassThrough(
  targets: readonly string[],
  more: { readonly route?: object; readonly upstream?: object; readonly config?: Config } = {},
): Promise<TestGateway> {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
  return startGateway({
    config: {
      ...more.config,
      upstreams: { api: { targets: [...targets], ...more.upstream } },
      routes: [{ path: '/svc', upstreamPath: '/', methods: [...methods], ...more.route }],
    },
  });
}

/** A request with exactly these headers, and its response as soon as its header is there. */
export async function ask(
  url: string,
  options: RequestOptions & { readonly body?: string | Uint8Array } = {},
): Promise<IncomingMessage> {
  const { body, ...rest } = options;
  const sent = request(url, { agent: false, ...rest });
  const answered = once(sent, 'response', { signal: AbortSignal.timeout(20_000) });
  if (body === undefined) sent.end();
  else sent.end(body);
  const [response] = (await answered) as [IncomingMessage];
  return response;
}

export async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
