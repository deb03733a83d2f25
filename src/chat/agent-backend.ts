import type { ChatKitServer } from '../chatkit/server.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { ChatBackend } from './backend.ts';

/** The backend where the gateway itself is the ChatKit server. */
export function createAgentBackend(server: ChatKitServer): ChatBackend {
  return {
    name: 'agent',
    async handle({ type, request, audience }, context) {
      if (request === undefined) {
        throw new GatewayError('unknown-operation', {
          detail: `There is no operation ${JSON.stringify(type.slice(0, 100))}.`,
        });
      }
      const answer = await server.handle(request, { ...context, audience });
      if (answer.kind === 'json') return { kind: 'json', status: 200, body: answer.body };
      const { run } = answer;
      const stop = () => run.stop('viewer-left');
      if (context.signal.aborted) stop();
      else context.signal.addEventListener('abort', stop, { once: true });
      return {
        kind: 'stream',
        stream: { runId: run.id, chunks: () => run.frames(), events: () => run.events() },
      };
    },
  };
}
