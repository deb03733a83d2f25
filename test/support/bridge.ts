import { startGateway, type TestGateway } from './gateway.ts';

/** A gateway that bridges to a plain chat endpoint at this address. */
export function startBridge(
  target: string,
  bridge: object = {},
  more: { readonly upstream?: object; readonly chat?: object } = {},
): Promise<TestGateway> {
  return startGateway({
    config: {
      server: { heartbeatMs: 50 },
      chat: { backend: 'bridge', ...more.chat, bridge: { upstream: 'api', ...bridge } },
      upstreams: { api: { targets: [target], ...more.upstream } },
    },
  });
}

/** What a stream of ChatKit events says: its text, its title, its error. */
export function digest(events: readonly any[]) {
  const done = events.filter(({ type }) => type === 'thread.item.done').map(({ item }) => item);
  return {
    threadId: events.find(({ type }) => type === 'thread.created')?.thread.id as string,
    texts: done
      .filter(({ type }) => type === 'assistant_message')
      .map(({ content }) => content.map(({ text }: any) => text).join('')) as string[],
    workflows: done.filter(({ type }) => type === 'workflow').map(({ workflow }) => workflow),
    userItem: done.find(({ type }) => type === 'user_message'),
    title: events.findLast(({ type }) => type === 'thread.updated')?.thread.title as string | undefined,
    error: events.find(({ type }) => type === 'error'),
  };
}
