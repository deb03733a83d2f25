import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Everything that is measured. Labels are closed sets: no user, thread or URL ever becomes one. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requests: new Counter({
      name: 'gateway_http_requests_total',
      help: 'HTTP requests by method, route template and status.',
      labelNames: ['method', 'route', 'status'] as const,
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'gateway_http_request_duration_seconds',
      help: 'Time to the end of the response; streams included.',
      labelNames: ['method', 'route'] as const,
      buckets: SECONDS,
      registers,
    }),
    openStreams: new Gauge({
      name: 'gateway_open_streams',
      help: 'Event streams that are being sent.',
      registers,
    }),
    firstEventSeconds: new Histogram({
      name: 'gateway_first_event_seconds',
      help: 'From the arrival of a request to the first event of its stream.',
      labelNames: ['operation'] as const,
      buckets: SECONDS,
      registers,
    }),
    operations: new Counter({
      name: 'gateway_chat_operations_total',
      help: 'ChatKit operations by type and outcome.',
      labelNames: ['operation', 'outcome'] as const,
      registers,
    }),
    runs: new Counter({
      name: 'gateway_runs_total',
      help: 'Replies by end state.',
      labelNames: ['state'] as const,
      registers,
    }),
    tokens: new Counter({
      name: 'gateway_model_tokens_total',
      help: 'Model tokens by model and direction.',
      labelNames: ['model', 'direction'] as const,
      registers,
    }),
    toolCalls: new Counter({
      name: 'gateway_tool_calls_total',
      help: 'Tool calls by tool and outcome.',
      labelNames: ['tool', 'outcome'] as const,
      registers,
    }),
    transcriptions: new Counter({
      name: 'gateway_transcriptions_total',
      help: 'Recordings that were to be turned into text, by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    transcriptionSeconds: new Histogram({
      name: 'gateway_transcription_duration_seconds',
      help: 'From a recording to its text.',
      buckets: SECONDS,
      registers,
    }),
    signIns: new Counter({
      name: 'gateway_sign_ins_total',
      help: 'Sign-in attempts by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    refreshes: new Counter({
      name: 'gateway_token_refreshes_total',
      help: 'Token refreshes by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    rateLimited: new Counter({
      name: 'gateway_rate_limited_total',
      help: 'Requests refused by a policy.',
      labelNames: ['policy'] as const,
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
