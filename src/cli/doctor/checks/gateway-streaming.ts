import { judgeArrival } from '../arrival.ts';
import { fail, ok, skipped, warn, type Check, type Result } from '../check.ts';

/** A reply through the gateway, and through what is in front of it, comes frame by frame. */
export const gatewayStreamingCheck: Check = {
  id: 'gateway-streaming',
  async run({ gatewayTurn }) {
    const turn = await gatewayTurn();
    if (turn.kind === 'skipped') return [skipped(turn.why)];
    if (turn.kind === 'failed') {
      return [
        fail(
          `no reply through the gateway: ${turn.why}`,
          'Look at the log of the gateway by the time of this.',
        ),
      ];
    }
    const { headers } = turn.answer;
    const type = headers['content-type'] ?? 'no content type';
    if (!type.startsWith('text/event-stream')) {
      return [
        fail(
          `the reply is ${type}, not an event stream`,
          'What answers is not the gateway, or a proxy changes it.',
        ),
      ];
    }
    return [
      judgeArrival(
        turn.answer,
        'If service-streaming is well, the proxy in front gathers the reply: for nginx set "proxy_buffering off" for ' +
          '/api/, and let X-Accel-Buffering pass; for a CDN, switch off its cache and its optimisation there.',
      ),
      judgeEncoding(headers),
      judgeHeader(headers),
    ];
  },
};

function judgeEncoding(headers: Readonly<Record<string, string>>): Omit<Result, 'id'> {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return ok('the stream is not compressed');
  return fail(
    `the stream is compressed (${encoding}), which holds frames back`,
    'Let the proxy in front leave text/event-stream alone, for nginx: no such entry in gzip_types.',
  );
}

function judgeHeader(headers: Readonly<Record<string, string>>): Omit<Result, 'id'> {
  if (headers['x-accel-buffering'] === 'no') return ok('X-Accel-Buffering: no arrives');
  return /nginx|openresty/i.test(headers['server'] ?? '')
    ? ok('nginx took X-Accel-Buffering: no for itself')
    : warn(
        'X-Accel-Buffering: no does not arrive',
        'A proxy in front removes it; the one before it may need it.',
      );
}
