import { fail, ok, skipped, type Check } from '../check.ts';

/** A stream lives through silence: heartbeats come, and nothing in front cuts it. */
export const gatewayIdleCheck: Check = {
  id: 'gateway-idle',
  async run({ idleMs, gatewayTurn, config }) {
    const turn = await gatewayTurn();
    if (turn.kind === 'skipped') return [skipped(turn.why)];
    if (turn.kind === 'failed') return [skipped(`there was no reply: ${turn.why}`)];
    const { pieces, end, totalMs, text } = turn.answer;
    const times = [0, ...pieces.map(({ atMs }) => atMs), totalMs];
    const longest = Math.max(...times.slice(1).map((at, n) => at - (times[n] ?? 0)));
    const beats = text.match(/^:/gm)?.length ?? 0;
    const seen = `the longest silence was ${longest} ms, with ${beats} heartbeats`;
    if (end === 'broken') {
      return [
        fail(
          `the stream was cut after ${totalMs} ms; ${seen}`,
          'If that is a round number, it is a timeout of the proxy in front: raise it above server.heartbeatMs ' +
            '(for nginx proxy_read_timeout), or lower server.heartbeatMs.',
        ),
      ];
    }
    const heartbeatMs = config?.server.heartbeatMs;
    if (heartbeatMs !== undefined && longest > heartbeatMs * 2) {
      return [
        fail(
          `${seen}, and one should come every ${heartbeatMs} ms`,
          'A proxy in front holds them back: see gateway-streaming.',
        ),
      ];
    }
    if (idleMs === undefined) return [skipped(`${seen}; --idle SECONDS looks for cuts in longer replies`)];
    if (totalMs >= idleMs) return [ok(`open for ${totalMs} ms without a cut; ${seen}`)];
    return [
      skipped(
        `the reply was over after ${totalMs} ms; give --message something that takes ${idleMs / 1000} seconds`,
      ),
    ];
  },
};
