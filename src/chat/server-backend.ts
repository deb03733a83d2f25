import type { ServiceAnswer } from '../chatkit/responder.ts';
import type { ChatKitServer } from '../chatkit/server.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { ChatBackend } from './backend.ts';

/** The backends where the gateway itself is the ChatKit server. */
export function createServerBackend(name: 'agent' | 'bridge', server: ChatKitServer): ChatBackend {
  return {
    name,
    async handle({ type, request, audience }, context) {
      if (request === undefined) {
        throw new GatewayError('unknown-operation', {
          detail: `There is no operation ${JSON.stringify(type.slice(0, 100))}.`,
        });
      }
      const service = Promise.withResolvers<ServiceAnswer | undefined>();
      const answer = await server.handle(request, { ...context, audience, onAnswer: service.resolve });
      if (answer.kind === 'json') return { kind: 'json', status: 200, body: answer.body };
      const { run } = answer;
      const stop = () => run.stop('viewer-left');
      if (context.signal.aborted) stop();
      else context.signal.addEventListener('abort', stop, { once: true });
      void run.finished.then(() => service.resolve(undefined));
      return {
        kind: 'stream',
        stream: {
          runId: run.id,
          ...(name === 'bridge' && { answer: service.promise }),
          chunks: () => run.frames(),
          events: () => run.events(),
        },
      };
    },
  };
}
