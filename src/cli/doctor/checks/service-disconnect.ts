import { ProbeError } from '../../../probe/http.ts';
import { fail, NO_CONFIG, ok, skipped, type Check } from '../check.ts';

/** The service is asked again right after a reader has left in the middle of a reply. */
export const serviceDisconnectCheck: Check = {
  id: 'service-disconnect',
  async run(examination) {
    const { config, service, probeOf, abandonServiceTurn } = examination;
    if (config === undefined) return [skipped(NO_CONFIG)];
    const turn = await abandonServiceTurn();
    if (turn.kind === 'skipped') return [skipped(turn.why)];
    if (turn.kind === 'failed' || service === undefined) {
      return [skipped(`there was no reply: ${turn.kind === 'failed' ? turn.why : ''}`)];
    }
    if (turn.answer.end !== 'stopped') {
      return [
        skipped('the reply was over before it could be left; give --message something with a longer answer'),
      ];
    }
    try {
      const { origin } = new URL(service.url);
      const { headersMs } = await probeOf(service.name).ask({
        method: 'GET',
        url: `${origin}/`,
        timeoutMs: 5_000,
      });
      return [
        ok(
          `left a reply in the middle, and the service answered the next request in ${headersMs} ms. Whether it stopped ` +
            'its own work cannot be seen from here: its log should show a cancelled request',
        ),
      ];
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      return [
        fail(
          `after a reply was left in the middle, the service does not answer: ${error.message}`,
          'It may go on with the reply and block: use an async generator, and let CancelledError pass.',
        ),
      ];
    }
  },
};
