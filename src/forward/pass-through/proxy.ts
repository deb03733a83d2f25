import { Agent as HttpAgent, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createProxyMiddleware, type Plugin } from 'http-proxy-middleware';
import type { ProxiedRequest, ProxiedResponse } from './proxied.ts';

/** Shorter than uvicorn's five seconds: a connection must not be chosen while the service closes it. */
const IDLE_CONNECTION_MS = 4_000;

/** One target's proxy with its connections. */
export interface Proxy {
  send(request: ProxiedRequest, response: ProxiedResponse): void;
  close(): void;
}

export function createProxy(target: URL, ca: string | undefined): Proxy {
  const options = { keepAlive: true, maxSockets: Infinity, timeout: IDLE_CONNECTION_MS };
  const agent =
    target.protocol === 'https:'
      ? new HttpsAgent({ ...options, ...(ca === undefined ? {} : { ca }) })
      : new HttpAgent(options);
  const middleware = createProxyMiddleware({
    target,
    agent,
    selfHandleResponse: true,
    followRedirects: false,
    // The default ones write plain text into streams that have begun.
    ejectPlugins: true,
    plugins: [listen],
  });
  return {
    send(request, response) {
      const [asked, answer] = [request, response] as unknown as [IncomingMessage, ServerResponse];
      middleware(asked, answer, (error?: unknown) => {
        if (error !== undefined) response.fail(error);
      }).catch((error: unknown) => response.fail(error));
    },
    close: () => agent.destroy(),
  };
}

const listen: Plugin = (server) => {
  const seen = (response: unknown) => response as ProxiedResponse;
  server.on('proxyReq', (outgoing, _request, response) => seen(response).sending(outgoing));
  server.on('proxyRes', (answer, _request, response) => seen(response).answered(answer));
  server.on('error', (error, _request, response) => seen(response).fail(error));
  server.on('econnreset', (error, _request, response) => seen(response).fail(error));
};
