import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config/schema.ts';

/** Keys whose values never reach a log, at the depths where objects are logged. */
const SECRET_KEYS = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'apiKey',
  'token',
  'code',
  'code_verifier',
  'secret',
  'content',
  'text',
];

// `code` is also the name of an error's code, so it is hidden only where it could be a credential.
const redact = SECRET_KEYS.filter((key) => key !== 'code').flatMap((key) =>
  ['', '*.', '*.*.', '*.*.*.'].map((prefix) =>
    key.includes('-') ? `${prefix.slice(0, -1)}["${key}"]` : `${prefix}${key}`,
  ),
);

/**
 * The root logger: JSON lines, or readable ones on a terminal.
 * @param destination where lines go instead of standard output; for tests
 */
export function createLogger(options: Config['log'], destination?: DestinationStream): Logger {
  const readable = options.format === 'pretty' || (options.format === 'auto' && process.stdout.isTTY);
  const stream =
    destination ??
    (readable
      ? pretty({
          colorize: process.stdout.isTTY,
          ignore: 'pid,hostname',
          translateTime: 'SYS:HH:MM:ss',
          sync: true,
        })
      : pino.destination({ fd: 1, sync: true }));
  return pino({ level: options.level, redact: { paths: redact, censor: '[redacted]' }, base: null }, stream);
}
