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
  const stream = destination ?? (readable ? createReadableStream() : createLineStream());
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

/** More than this is written in the middle of a turn too. */
const MAX_HELD_CHARACTERS = 65_536;

/** Writes the lines of one turn of the event loop together: a line by itself costs as much to write as to make. */
function createLineStream(): DestinationStream & { flush(done?: () => void): void } {
  const output = pino.destination({ fd: 1, sync: true });
  let held = '';
  let isDue = false;
  const flush = () => {
    isDue = false;
    if (held === '') return;
    const lines = held;
    held = '';
    output.write(lines);
  };
  process.on('exit', flush);
  return {
    write(line) {
      held += line;
      if (held.length > MAX_HELD_CHARACTERS) flush();
      else if (!isDue) {
        isDue = true;
        setImmediate(flush);
      }
    },
    flush(done) {
      flush();
      done?.();
    },
  };
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
