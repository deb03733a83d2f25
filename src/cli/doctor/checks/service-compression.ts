import { fail, ok, skipped, type Check } from '../check.ts';

/** The service leaves event streams as they are: what compresses them holds frames back. */
export const serviceCompressionCheck: Check = {
  id: 'service-compression',
  async run({ serviceTurn }) {
    const turn = await serviceTurn();
    if (turn.kind === 'skipped') return [skipped(turn.why)];
    if (turn.kind === 'failed') return [skipped(`there was no reply: ${turn.why}`)];
    const encoding = turn.answer.headers['content-encoding'] ?? 'identity';
    if (encoding === 'identity') return [ok('the reply is not compressed')];
    return [
      fail(
        `the reply is compressed (${encoding}), though nothing asked for it`,
        'Exclude the chat endpoint from GZipMiddleware or from the proxy before the service.',
      ),
    ];
  },
};
