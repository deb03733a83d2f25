import { createHash } from 'node:crypto';
import type OpenAI from 'openai';
import type { Principal } from '../../auth/principal.ts';
import type { Config } from '../../config/schema.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { HostedSession } from './schemas.ts';

const OPENAI_URL = 'https://api.openai.com/v1';
/** Of one try; a page waits for the answer. */
const TIMEOUT_MS = 10_000;
/** A secret that nobody got to see does no harm. */
const MAX_RETRIES = 1;
const MAX_CODE_CHARS = 100;

/** Client secrets for ChatKit hosted by OpenAI. Every one is made for the user who asks; none is kept. */
export interface HostedSessions {
  /** @throws GatewayError; the abort reason when the signal aborts */
  mint(principal: Principal, signal: AbortSignal): Promise<HostedSession>;
}

/** @returns nothing where no workflow is configured */
export function createHostedSessions(config: {
  readonly hosted: Config['chat']['hosted'];
  /** The key for everything of OpenAI. */
  readonly agentApiKey: string | null;
}): HostedSessions | undefined {
  const { hosted } = config;
  const { workflowId, workflowVersion } = hosted;
  const apiKey = hosted.apiKey ?? config.agentApiKey;
  if (workflowId === null) return undefined;
  if (apiKey === null) throw new Error('chat.hosted.apiKey is not set');
  let client: Promise<OpenAI> | undefined;

  return {
    async mint(principal, signal) {
      const { beta } = await (client ??= openClient(hosted.baseUrl, apiKey));
      const user = toHostedUser(principal);
      try {
        const session = await beta.chatkit.sessions.create(
          {
            user,
            workflow: { id: workflowId, ...(workflowVersion === null ? {} : { version: workflowVersion }) },
            expires_after: { anchor: 'created_at', seconds: hosted.expiresSeconds },
            rate_limits: { max_requests_per_1_minute: hosted.requestsPerMinute },
          },
          { signal },
        );
        return toAnswer(session, user);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw toRefusal(error);
      }
    },
  };
}

/** The client takes a while to load, which a gateway that is starting need not wait for. */
async function openClient(baseUrl: string | null, apiKey: string): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({
    apiKey,
    baseURL: baseUrl ?? OPENAI_URL,
    ...(baseUrl === null ? {} : { organization: null, project: null }),
    maxRetries: MAX_RETRIES,
    timeout: TIMEOUT_MS,
    logLevel: 'off',
    fetchOptions: { redirect: 'error' },
  });
}

/** The same for the same user at all times, and of no use to find out who it is. */
export function toHostedUser({ userKey }: Principal): string {
  return `user_${createHash('sha256').update(`chatkit-hosted\n${userKey}`).digest('hex').slice(0, 40)}`;
}

function toAnswer(session: unknown, user: string): HostedSession {
  const given = (session ?? {}) as { client_secret?: unknown; expires_at?: unknown; user?: unknown };
  const { client_secret: secret, expires_at: expiresAt } = given;
  if (typeof secret !== 'string' || secret === '' || typeof expiresAt !== 'number') {
    throw unusable('the answer holds no client secret');
  }
  if (given.user !== undefined && given.user !== user) throw unusable('the answer is for another user');
  return { client_secret: secret, expires_at: new Date(expiresAt * 1000).toISOString() };
}

const unusable = (reason: string) =>
  new GatewayError('upstream-failed', { cause: new Error(`hosted ChatKit: ${reason}`) });

interface ApiFailure {
  readonly name?: unknown;
  readonly status?: unknown;
  readonly code?: unknown;
  readonly requestID?: unknown;
  readonly headers?: { get?: (name: string) => string | null };
}

/** Nothing of the message is kept: a server may have put the key, or what it was sent, into it. */
function toRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const { name, status, code, requestID, headers } = (error ?? {}) as ApiFailure;
  if (typeof status !== 'number') {
    const cause = new Error(`hosted ChatKit: no answer (${String(name)})`);
    const timedOut =
      (error as { constructor?: { name?: string } }).constructor?.name === 'APIConnectionTimeoutError';
    return new GatewayError(timedOut ? 'upstream-timeout' : 'upstream-unreachable', { cause });
  }
  const codeText = typeof code === 'string' ? code.slice(0, MAX_CODE_CHARS) : 'no code';
  const hint = HINTS[status] ?? 'see the status page of the API';
  const request = typeof requestID === 'string' ? requestID : 'unknown';
  const cause = new Error(
    `hosted ChatKit: the API answered ${status} (${codeText}, request ${request}): ${hint}`,
  );
  if (status !== 429) return new GatewayError('upstream-failed', { cause });
  const retryAfter = headers?.get?.('retry-after') ?? '5';
  return new GatewayError('rate-limited', {
    detail: 'Too many chat sessions are being opened; try again in a moment.',
    headers: { 'Retry-After': /^\d{1,6}$/.test(retryAfter) ? retryAfter : '5' },
    cause,
  });
}

const HINTS: Readonly<Record<number, string>> = {
  400: 'check chat.hosted.workflowId and chat.hosted.workflowVersion',
  401: 'check chat.hosted.apiKey (or OPENAI_API_KEY)',
  403: 'the key may not open ChatKit sessions',
  404: 'check chat.hosted.workflowId: the workflow must belong to the project of the key',
  429: 'the account has reached a limit',
};
