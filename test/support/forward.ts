import { startGateway, type TestGateway } from './gateway.ts';

/** A gateway in front of a service at this address. */
export function startForward(target: string, upstream: object = {}): Promise<TestGateway> {
  return startGateway({
    config: {
      server: { heartbeatMs: 50 },
      chat: { backend: 'forward', forward: { upstream: 'api', path: '/chatkit' } },
      upstreams: { api: { targets: [target], ...upstream } },
    },
  });
}

/** A stream without the comments that only fill its silence. */
export const withoutHeartbeats = (raw: string) => raw.replaceAll(': ping\n\n', '');
