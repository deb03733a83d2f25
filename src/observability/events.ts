import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';

export type SignInOutcome = 'succeeded' | 'wrong-credentials' | 'disabled' | 'limited' | 'failed';
export type RefreshOutcome = 'succeeded' | 'reused' | 'expired' | 'revoked' | 'unknown' | 'failed';
export type RunEndState = 'done' | 'failed' | 'cancelled';
/** `refused`: the recording was not usable. `cancelled`: the caller left. */
export type TranscriptionOutcome = 'succeeded' | 'refused' | 'failed' | 'cancelled';
export type PolicyName = 'chat' | 'runs' | 'signInAddress' | 'signInAccount' | 'route';

/** What happens in the business of the gateway: each function emits the metric and the log line of one event. */
export function createEvents({ metrics }: { readonly metrics: Metrics }) {
  return {
    signInEnded(logger: Logger, outcome: SignInOutcome, userId?: string) {
      metrics.signIns.inc({ outcome });
      logger[outcome === 'succeeded' ? 'info' : 'warn'](
        { event: 'sign-in', outcome, userId },
        'sign-in %s',
        outcome,
      );
    },
    refreshEnded(logger: Logger, outcome: RefreshOutcome, sessionId?: string) {
      metrics.refreshes.inc({ outcome });
      if (outcome === 'reused') {
        logger.warn(
          { event: 'refresh-token-reused', security: true, sessionId },
          'a spent refresh token was used again; the session is revoked',
        );
      } else logger.debug({ event: 'refresh', outcome, sessionId }, 'token refresh %s', outcome);
    },
    /** @param sessionId absent where somebody else keeps the sessions */
    sessionRevoked(logger: Logger, sessionId?: string) {
      logger.info({ event: 'session-revoked', sessionId }, 'session revoked');
    },
    rateLimited(logger: Logger, policy: PolicyName) {
      metrics.rateLimited.inc({ policy });
      logger.warn({ event: 'rate-limited', policy }, 'request refused by the policy %s', policy);
    },
    runStarted(logger: Logger) {
      logger.debug({ event: 'run-started' }, 'run started');
    },
    runEnded(logger: Logger, state: RunEndState, seconds: number) {
      metrics.runs.inc({ state });
      logger.info({ event: 'run-ended', state, seconds: Number(seconds.toFixed(3)) }, 'run %s', state);
    },
    tokensUsed(logger: Logger, usage: { model: string; input: number; output: number }) {
      metrics.tokens.inc({ model: usage.model, direction: 'input' }, usage.input);
      metrics.tokens.inc({ model: usage.model, direction: 'output' }, usage.output);
      logger.debug({ event: 'tokens-used', ...usage }, 'model tokens used');
    },
    toolCalled(logger: Logger, tool: string, outcome: 'succeeded' | 'failed') {
      metrics.toolCalls.inc({ tool, outcome });
      logger.debug({ event: 'tool-called', tool, outcome }, 'tool %s %s', tool, outcome);
    },
    /** @param seconds how long the caller waited */
    transcriptionEnded(logger: Logger, outcome: TranscriptionOutcome, seconds: number) {
      metrics.transcriptions.inc({ outcome });
      metrics.transcriptionSeconds.observe(seconds);
      logger.info(
        { event: 'transcription-ended', outcome, seconds: Number(seconds.toFixed(3)) },
        'transcription %s',
        outcome,
      );
    },
  };
}

export type GatewayEvents = ReturnType<typeof createEvents>;
