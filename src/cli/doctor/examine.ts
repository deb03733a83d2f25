import { readFile } from 'node:fs/promises';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { createProbe, ProbeError, type Probe } from '../../probe/http.ts';
import { parseJson, valueAt } from '../../probe/json.ts';
import { CliError, EXIT_FAILURE, toLine } from '../terminal.ts';
import type { Check, ChatService, Examination, Result, Turn } from './check.ts';
import { chatEndpointCheck } from './checks/chat-endpoint.ts';
import { clockCheck } from './checks/clock.ts';
import { configurationCheck } from './checks/configuration.ts';
import { conversationCheck } from './checks/conversation.ts';
import { corsCheck } from './checks/cors.ts';
import { cspCheck } from './checks/csp.ts';
import { gatewayHealthCheck } from './checks/gateway-health.ts';
import { gatewayIdleCheck } from './checks/gateway-idle.ts';
import { gatewayStreamingCheck } from './checks/gateway-streaming.ts';
import { issuersCheck } from './checks/issuers.ts';
import { modelCheck } from './checks/model.ts';
import { serviceCompressionCheck } from './checks/service-compression.ts';
import { serviceDisconnectCheck } from './checks/service-disconnect.ts';
import { serviceStreamingCheck } from './checks/service-streaming.ts';
import { signingKeyCheck } from './checks/signing-key.ts';
import { storeCheck } from './checks/store.ts';
import { tokenCheck } from './checks/token.ts';
import { upstreamsCheck } from './checks/upstreams.ts';
import { askGateway, askService } from './turns.ts';

/** In the order in which one rests on the other: from inside, then from outside. */
const CHECKS: readonly Check[] = [
  configurationCheck,
  storeCheck,
  signingKeyCheck,
  upstreamsCheck,
  chatEndpointCheck,
  serviceStreamingCheck,
  serviceCompressionCheck,
  serviceDisconnectCheck,
  issuersCheck,
  modelCheck,
  tokenCheck,
  gatewayHealthCheck,
  gatewayStreamingCheck,
  gatewayIdleCheck,
  conversationCheck,
  corsCheck,
  cspCheck,
  clockCheck,
];

export interface ExamineOptions {
  readonly loaded: LoadedConfig | undefined;
  readonly problems: readonly string[];
  readonly url: string | undefined;
  readonly givenToken: string | undefined;
  /** A user to sign in at the gateway, instead of a token. */
  readonly user: { readonly email: string; readonly password: string } | undefined;
  readonly message: string;
  readonly page: string | undefined;
  readonly idleMs: number | undefined;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_REQUESTS = 200;
/** A check has bounds of its own; this one is for what nobody thought of. */
const CHECK_MS = 180_000;
const LEFT_AFTER_PIECES = 2;

/** Runs every check, one after the other, so that one does not disturb the times of another. */
export async function examine(options: ExamineOptions): Promise<Result[]> {
  await using stack = new AsyncDisposableStack();
  const examination = await prepare(options, stack);
  const results: Result[] = [];
  for (const check of CHECKS) {
    const found = await runCheck(check, examination);
    results.push(...found.map((each) => toResult(check.id, each)));
  }
  return results;
}

/** What was seen can quote a service. */
function toResult(id: string, { status, seen, advice }: Omit<Result, 'id'>): Result {
  return { id, status, seen: toLine(seen), ...(advice !== undefined && { advice: toLine(advice) }) };
}

async function runCheck(check: Check, examination: Examination): Promise<readonly Omit<Result, 'id'>[]> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('it took too long')), CHECK_MS);
  try {
    return await Promise.race([check.run(examination), promise]);
  } catch (error) {
    // One check that cannot be made must not take the others away.
    const reason = error instanceof Error ? error.message : String(error);
    return [
      {
        status: 'fail',
        seen: `the check itself failed: ${reason}`,
        advice: 'Run it again; if it stays, report it.',
      },
    ];
  } finally {
    clearTimeout(timer);
  }
}

async function prepare(options: ExamineOptions, stack: AsyncDisposableStack): Promise<Examination> {
  const { loaded, givenToken, message } = options;
  const config = loaded?.config;
  const open = (ca?: string): Probe =>
    stack.use(createProbe({ timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, maxRequests: MAX_REQUESTS, ca }));
  const probe = open();
  const probes = await openProbes(config, open);
  const gatewayUrl = await findGateway(options.url, config, probe);
  const token =
    givenToken === undefined
      ? await signIn(probe, gatewayUrl, options.user)
      : givenToken.trim().replace(/^bearer\s+/i, '');
  const service = findService(config);
  const probeOf = (name: string) => probes.get(name) ?? probe;
  const toService = {
    config,
    service,
    token,
    message,
    probe: service === undefined ? probe : probeOf(service.name),
  };
  const toGateway = { gatewayUrl, probe, token, message };
  const waitMs = options.idleMs === undefined ? undefined : options.idleMs + TIMEOUT_MS;
  return {
    loaded,
    config,
    problems: options.problems,
    gatewayUrl,
    token,
    givenToken: givenToken?.trim() ?? token,
    page: options.page,
    idleMs: options.idleMs,
    probe,
    probeOf,
    service,
    serviceTurn: once(() => askService(toService)),
    abandonServiceTurn: once(() => askService({ ...toService, maxPieces: LEFT_AFTER_PIECES })),
    gatewayTurn: once(() => askGateway({ ...toGateway, timeoutMs: waitMs })),
    continueGatewayTurn: (conversationId) => askGateway({ ...toGateway, conversationId }),
  };
}

function once(make: () => Promise<Turn>): () => Promise<Turn> {
  let made: Promise<Turn> | undefined;
  return () => (made ??= make());
}

async function openProbes(
  config: Config | undefined,
  open: (ca?: string) => Probe,
): Promise<Map<string, Probe>> {
  const probes = new Map<string, Probe>();
  for (const [name, { caFile }] of Object.entries(config?.upstreams ?? {})) {
    if (caFile === null) continue;
    try {
      probes.set(name, open(await readFile(caFile, 'utf8')));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new CliError(`upstreams.${name}.caFile: ${caFile} cannot be read (${code})`, EXIT_FAILURE, error);
    }
  }
  return probes;
}

function findService(config: Config | undefined): ChatService | undefined {
  if (config === undefined || config.chat.backend === 'agent') return undefined;
  const { upstream, path } = config.chat[config.chat.backend];
  const found = config.upstreams[upstream];
  const [target] = found?.targets ?? [];
  if (found === undefined || target === undefined) return undefined;
  return { name: upstream, config: found, url: `${target.replace(/\/$/, '')}${path}` };
}

/** The named address, or the gateway that runs on this machine with this configuration. */
async function findGateway(
  named: string | undefined,
  config: Config | undefined,
  probe: Probe,
): Promise<string | undefined> {
  if (named !== undefined) return named;
  if (config === undefined || config.server.port === 0) return undefined;
  const { host, port } = config.server;
  const reachable =
    host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${reachable}:${port}`;
  try {
    const { text } = await probe.ask({ method: 'GET', url: `${url}/healthz`, timeoutMs: 2_000 });
    return valueAt(parseJson(text), 'status') === 'ok' ? url : undefined;
  } catch (error) {
    // That none runs is what the checks say.
    if (error instanceof ProbeError) return undefined;
    throw error;
  }
}

async function signIn(
  probe: Probe,
  gatewayUrl: string | undefined,
  user: ExamineOptions['user'],
): Promise<string | undefined> {
  if (user === undefined) return undefined;
  if (gatewayUrl === undefined) {
    throw new CliError(
      '--user signs in at the gateway, and none answers: start it, or name it with --url',
      EXIT_FAILURE,
    );
  }
  try {
    const answer = await probe.ask({ method: 'POST', url: `${gatewayUrl}/api/auth/login`, json: user });
    const token = valueAt(parseJson(answer.text), 'access_token');
    if (answer.status === 200 && typeof token === 'string') return token;
    throw new CliError(`the gateway refused to sign ${user.email} in (${answer.status})`, EXIT_FAILURE);
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    throw new CliError(`cannot sign in at ${gatewayUrl}: ${error.message}`, EXIT_FAILURE, error);
  }
}
