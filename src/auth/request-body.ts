import type { z } from 'zod';
import { GatewayError } from '../errors/gateway-error.ts';

/**
 * Reads a JSON body into a shape.
 * @throws GatewayError `invalid-json`, or `invalid-request` with every problem; neither repeats what was sent
 */
export function parseBody<Output>(schema: z.ZodType<Output>, bytes: Uint8Array): Output {
  const parsed = schema.safeParse(parseJson(bytes), { reportInput: false });
  if (parsed.success) return parsed.data;
  throw new GatewayError('invalid-request', {
    problems: parsed.error.issues.map((issue) => ({
      pointer: issue.path.map((key) => `/${String(key)}`).join(''),
      detail: issue.message,
    })),
  });
}

function parseJson(bytes: Uint8Array): unknown {
  // The parser quotes its input in its messages and the input may be a password, so its error goes nowhere.
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new GatewayError('invalid-json');
  }
}
