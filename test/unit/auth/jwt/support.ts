import { Writable } from 'node:stream';
import { pino, type Logger } from 'pino';
import type { z } from 'zod';
import { createIssuerKeys } from '../../../../src/auth/jwt/issuer-keys.ts';
import { createIssuerVerifier } from '../../../../src/auth/jwt/issuer-verifier.ts';
import { createJwtVerifier, type JwtVerifier } from '../../../../src/auth/jwt/jwt-verifier.ts';
import { createRefusalLog } from '../../../../src/auth/jwt/refusals.ts';
import { issuerSchema } from '../../../../src/config/issuers.ts';
import { NOW, seconds } from '../support.ts';

export const SECRET = 'a secret of the tests that is long enough';
export type IssuerInput = z.input<typeof issuerSchema>;

export interface TestVerifier {
  readonly verifier: JwtVerifier;
  readonly reasons: string[];
  readonly time: { now: Date };
}

export function createTestVerifier(...issuers: readonly IssuerInput[]): TestVerifier {
  const time = { now: NOW };
  const clock = () => time.now;
  const { logger, reasons } = createReasonLog();
  const refusals = (key: string) => createRefusalLog({ logger, key, clock });
  const verifier = createJwtVerifier({
    issuers: issuers.map((input, at) => {
      const config = issuerSchema.parse(input);
      const keys = createIssuerKeys(config, { logger, clock });
      return createIssuerVerifier({ config, keys, refusals: refusals(`auth.issuers[${at}]`) });
    }),
    refusals: refusals('auth.issuers'),
    clock,
  });
  return { verifier, reasons, time };
}

/** Collects what operators are told about refused tokens. */
export function createReasonLog(): { logger: Logger; reasons: string[]; lines: string[] } {
  const reasons: string[] = [];
  const lines: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      lines.push(line);
      const { reason } = JSON.parse(line) as { reason?: string };
      if (reason !== undefined) reasons.push(reason);
      done();
    },
  });
  return { logger: pino({ level: 'trace' }, stream), reasons, lines };
}

/** The claims of a token that is fine. */
export function claims(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { sub: 'user_ada', iat: seconds(NOW), exp: seconds(NOW, 600), ...overrides };
}
