import { isOperationType } from '../chatkit/protocol/requests.ts';
import { toGatewayError } from '../errors/normalise.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { ChatBackend } from './backend.ts';

/** Counts every operation that a backend is asked for, whichever API asks. */
export function createMeasuredBackend(
  backend: ChatBackend,
  { operations }: Pick<Metrics, 'operations'>,
): ChatBackend {
  return {
    name: backend.name,
    async handle(asked, context) {
      const operation = toOperationLabel(asked.type);
      try {
        const reply = await backend.handle(asked, context);
        operations.inc({ operation, outcome: 'succeeded' });
        return reply;
      } catch (error) {
        const outcome = toGatewayError(error).status < 500 ? 'refused' : 'failed';
        operations.inc({ operation, outcome });
        throw error;
      }
    },
  };
}

/** A closed set, whatever a client sends. */
export function toOperationLabel(type: string): string {
  return isOperationType(type) ? type : 'unknown';
}
