import { fail, ok, skipped, warn, type Check } from '../check.ts';

/** A second message with the id of the first is of the same conversation. */
export const conversationCheck: Check = {
  id: 'conversation',
  async run({ gatewayTurn, continueGatewayTurn }) {
    const first = await gatewayTurn();
    if (first.kind === 'skipped') return [skipped(first.why)];
    if (first.kind === 'failed') return [skipped(`there was no reply: ${first.why}`)];
    const id = first.conversationId;
    if (first.answer.headers['content-encoding'] !== undefined) {
      return [skipped('the reply is compressed, so its id was not looked at')];
    }
    if (id === undefined) {
      return [
        warn('the reply tells no conversation id', 'What answers at /api/chat may not be the gateway.'),
      ];
    }
    const second = await continueGatewayTurn(id);
    if (second.kind !== 'answered') {
      const advice =
        'With several replicas: do they share one database? With forward: does the service keep its threads?';
      return [fail(`the second message of ${id} failed: ${second.why}`, advice)];
    }
    if (second.conversationId === id) return [ok(`two messages, one conversation (${id})`)];
    return [
      fail(
        `the second message of ${id} began another conversation (${second.conversationId ?? 'without an id'})`,
        'Check chat.bridge.conversationId; with several replicas, do they share one database?',
      ),
    ];
  },
};
