import { judgeArrival } from '../arrival.ts';
import { ok, skipped, type Check } from '../check.ts';

/** The service sends its frames as it makes them. */
export const serviceStreamingCheck: Check = {
  id: 'service-streaming',
  async run({ serviceTurn, config }) {
    const turn = await serviceTurn();
    if (turn.kind === 'skipped') return [skipped(turn.why)];
    if (turn.kind === 'failed') return [skipped(`there was no reply: ${turn.why}`)];
    if (config?.chat.backend === 'bridge' && config.chat.bridge.response.format === 'json') {
      return [ok('the service answers in one piece, which the configuration says too')];
    }
    return [
      judgeArrival(
        turn.answer,
        'The service gathers its reply before it sends it: yield each piece from an async generator into ' +
          'StreamingResponse, without a blocking call in it, and without a middleware that reads the whole body.',
      ),
    ];
  },
};
