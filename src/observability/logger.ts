import { createRequire } from 'node:module';
import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';
import type * as PinoPretty from 'pino-pretty';
import type { Config } from '../config/schema.ts';
import { redact } from './redact.ts';

/**
 * The root logger: JSON lines, or readable ones on a terminal.
 * @param destination where lines go instead of standard output; for tests
 */
export function createLogger(options: Config['log'], destination?: DestinationStream): Logger {
  const readable = options.format === 'pretty' || (options.format === 'auto' && process.stdout.isTTY);
  const stream = destination ?? (readable ? createReadableStream() : pino.destination({ fd: 1, sync: true }));
  return pino(
    {
      level: options.level,
      base: null,
      formatters: { log: redact },
      // Errors of HTTP clients carry the request that they belong to.
      serializers: { err: (error: Error) => redact({ ...stdSerializers.err(error) }) },
    },
    stream,
  );
}

/** Loaded only where it is used: a service that starts under an orchestrator writes JSON. */
function createReadableStream(): DestinationStream {
  const { build } = createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty;
  return build({
    colorize: process.stdout.isTTY,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    sync: true,
  });
}
