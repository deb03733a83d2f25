import { ProbeError, type Probe } from '../../probe/http.ts';
import { isObject, parseJson, valueAt } from '../../probe/json.ts';
import { readToken, isSignedWith } from '../../probe/token.ts';
import type { Asker } from '../ask.ts';
import { CliError, EXIT_FAILURE, EXIT_USAGE } from '../terminal.ts';
import { findChatCandidates, type ChatCandidate } from './find-chat.ts';
import { findRoutes } from './find-routes.ts';
import { findServiceKey, findSignIn } from './find-sign-in.ts';
import type { Findings, SecretPlace, TokenFinding } from './findings.ts';
import { readDescription, type Description } from './openapi.ts';
import { SECRET_VARIABLE } from './settings.ts';
import { signIn, type SignedIn } from './sign-in.ts';
import { conversationDoubts, explainNothing } from './explain.ts';
import { tryChat, type ChatFinding } from './try-chat.ts';
import { chatKitPaths, tryChatKit } from './try-chatkit.ts';

export interface ExploreOptions {
  readonly probe: Probe;
  readonly asker: Asker;
  readonly upstream: string;
  readonly chatPath: string | undefined;
  readonly loginPath: string | undefined;
  readonly user: string | undefined;
  /** The secret that the environment gives the gateway, if it does. */
  readonly secret: string | undefined;
  readonly say: (text: string) => void;
}

const MAX_CANDIDATES = 3;
const NO_DESCRIPTION: Description = {
  url: '',
  title: '',
  operations: [],
  securitySchemes: {},
  resolve: (schema) => (isObject(schema) ? schema : {}),
};

/**
 * Finds out what a service offers and how it answers.
 * @throws CliError when it cannot be reached, refuses the user, or has nothing that looks like a chat
 */
export async function explore(options: ExploreOptions): Promise<Findings> {
  const { probe, upstream, say } = options;
  const read = await reach(probe, upstream);
  const description = read ?? NO_DESCRIPTION;
  say(
    read === undefined
      ? `${upstream} has no description at /openapi.json; only usual and named paths are tried.`
      : `Read ${read.url}: ${read.operations.length} operations.`,
  );
  const paths = chatKitPaths(read, options.chatPath);
  const candidates = chooseCandidates(description, options.chatPath);
  let chatKit = await tryChatKit(probe, upstream, paths, {});
  const isLocked = chatKit.kind === 'locked' || candidates.some(({ security }) => security.length > 0);
  let access = isLocked ? await getAccess(options, description, candidates) : NO_ACCESS;
  if (chatKit.kind === 'locked') chatKit = await tryChatKit(probe, upstream, paths, access.headers);

  let found =
    chatKit.kind === 'found' && options.chatPath !== undefined
      ? NO_CHAT
      : await tryCandidates(options, candidates, access);
  if (found.locked && access === NO_ACCESS) {
    access = await getAccess(options, description, candidates);
    found = await tryCandidates(options, candidates, access);
  }
  const chatKitPath = chatKit.kind === 'found' ? chatKit.path : undefined;
  if (chatKitPath === undefined && found.chat === undefined) {
    throw new CliError(explainNothing(read, found.failures), EXIT_FAILURE);
  }
  const signInPaths = access.users?.signedIn?.endpoints;
  const used = [
    chatKitPath,
    found.chat?.candidate.path.split('?', 1)[0],
    signInPaths?.loginPath,
    signInPaths?.refresh?.path,
    signInPaths?.logoutPath,
  ].filter((path) => path !== undefined);
  return {
    upstream,
    title: description.title,
    chatKitPath,
    chat: found.chat,
    users: access.users,
    key: access.key,
    routes: findRoutes(description, used),
    doubts: [...(found.chat?.recognition.doubts ?? []), ...conversationDoubts(found.chat), ...access.doubts],
  };
}

async function reach(probe: Probe, upstream: string): Promise<Description | undefined> {
  try {
    return await readDescription(probe, upstream);
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    throw new CliError(
      `cannot reach ${upstream}: ${error.message}. Is the service running, and is this its address?`,
      EXIT_FAILURE,
      error,
    );
  }
}

function chooseCandidates(description: Description, named: string | undefined): ChatCandidate[] {
  const found = findChatCandidates(description);
  if (named === undefined) return found.slice(0, MAX_CANDIDATES);
  const described = found.find(({ path }) => path.split('?', 1)[0] === named);
  const operation = description.operations.find(({ path }) => path === named);
  return [
    described ?? {
      method: 'POST',
      path: named,
      security: operation?.security ?? [],
      score: 0,
      why: 'you named it',
      request: { message: '{{message}}', conversation_id: '{{conversation_id}}' },
      query: '',
      messageField: '"message"',
      idField: { path: 'conversation_id', in: 'body' },
      sendsHistory: false,
      historyMessage: undefined,
      strength: 1,
      guesses: [],
    },
  ];
}

interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly users: TokenFinding | undefined;
  readonly key: Findings['key'];
  readonly doubts: readonly string[];
}

const NO_ACCESS: Access = { headers: {}, users: undefined, key: undefined, doubts: [] };

async function getAccess(
  options: ExploreOptions,
  description: Description,
  candidates: readonly ChatCandidate[],
): Promise<Access> {
  const endpoints = findSignIn(description, options.loginPath) ?? namedSignIn(options.loginPath);
  if (endpoints === undefined) return await askForKey(options, description, candidates);
  options.say(`The chat asks for a token, and POST ${endpoints.loginPath} signs users in: ${endpoints.why}.`);
  const { asker, probe, upstream } = options;
  if (!asker.isInteractive && options.user === undefined) throw needsUser();
  const user = options.user ?? (await asker.line('E-mail or user name of a user of the service: '));
  const password = await asker.hidden(`Password of ${user}: `);
  if (user === '' || password === '') throw needsUser();
  const signedIn = await signIn(probe, upstream, endpoints, { user, password });
  return await toAccess(options, signedIn.accessToken, signedIn);
}

function namedSignIn(path: string | undefined) {
  return path === undefined ? undefined : findSignIn(NO_DESCRIPTION, path);
}

function needsUser(): CliError {
  return new CliError(
    'the chat of this service asks for a token: run this on a terminal, or give --user and pipe in the password',
    EXIT_USAGE,
  );
}

async function askForKey(
  options: ExploreOptions,
  description: Description,
  candidates: readonly ChatCandidate[],
): Promise<Access> {
  const security = candidates.flatMap((each) => each.security);
  const key = findServiceKey(description, security) ?? {
    header: 'Authorization',
    prefix: 'Bearer ',
    why: 'it refuses a request without a token, and names no sign-in',
  };
  options.say(`The chat asks for ${key.header}: ${key.why}.`);
  const value = await options.asker.hidden(`Key or token for ${key.header}: `);
  if (!/^[\x21-\x7e]{1,8192}$/.test(value)) {
    throw new CliError(
      `the chat of this service asks for ${key.header}: run this on a terminal, or pipe the key in on one line; ` +
        'where it has a sign-in, name it with --login-path',
      EXIT_USAGE,
    );
  }
  // What users sign in with is not for all of them to share.
  if (key.prefix !== '' && readToken(value) !== undefined) return await toAccess(options, value, undefined);
  return { ...NO_ACCESS, headers: { [key.header]: `${key.prefix}${value}` }, key: { ...key, value } };
}

async function toAccess(
  options: ExploreOptions,
  accessToken: string,
  signedIn: SignedIn | undefined,
): Promise<Access> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const token = readToken(accessToken);
  if (token === undefined) {
    throw new CliError(
      'the access token of this service is not a JWT, so the gateway cannot verify it; ' +
        'its users cannot sign in through the gateway. Use auth.mode local, and a key of the service in chat.bridge.headers',
      EXIT_FAILURE,
    );
  }
  const isShared = token.algorithm.startsWith('HS');
  const secret = isShared ? await findSecret(options, accessToken) : ({ kind: 'missing' } as const);
  const jwksUrl = isShared ? undefined : await findKeySet(options, token.claims['iss']);
  const doubts = [
    ...(isShared && secret.kind === 'missing'
      ? [`the secret of the tokens was not given, so set ${SECRET_VARIABLE} when you start the gateway`]
      : []),
    ...(!isShared && jwksUrl === undefined ? ['the public keys of the tokens were not found'] : []),
    ...(token.claims['exp'] === undefined
      ? ['the tokens of this service never expire: they have no exp']
      : []),
  ];
  return { headers, users: { token, signedIn, secret, jwksUrl }, key: undefined, doubts };
}

async function findSecret(options: ExploreOptions, token: string): Promise<SecretPlace> {
  const { asker, secret } = options;
  if (secret !== undefined) {
    if (await isSignedWith(token, secret)) return { kind: 'environment' };
    throw new CliError(`${SECRET_VARIABLE} is set, but it is not what signs the tokens`, EXIT_FAILURE);
  }
  const typed = await asker.hidden('Secret that signs its tokens, often SECRET_KEY (empty: leave it out): ');
  if (typed === '') return { kind: 'missing' };
  if (await isSignedWith(token, typed)) return { kind: 'given', secret: typed };
  throw new CliError('this secret is not what signs the tokens; nothing was written', EXIT_FAILURE);
}

/** Public keys at the usual places of the issuer and of the service. */
async function findKeySet({ probe, upstream }: ExploreOptions, issuer: unknown): Promise<string | undefined> {
  const bases = [typeof issuer === 'string' && URL.canParse(issuer) ? issuer : '', upstream];
  for (const base of bases.filter((each) => /^https?:/.test(each)).map((each) => each.replace(/\/$/, ''))) {
    for (const path of ['/.well-known/openid-configuration', '/.well-known/jwks.json']) {
      const value = await fetchJson(probe, `${base}${path}`);
      const named = valueAt(value, 'jwks_uri');
      const keys = typeof named === 'string' ? URL.parse(named) : null;
      if (keys !== null && /^https?:$/.test(keys.protocol)) return keys.href;
      if (Array.isArray(valueAt(value, 'keys'))) return `${base}${path}`;
    }
  }
  return undefined;
}

async function fetchJson(probe: Probe, url: string): Promise<unknown> {
  try {
    const answer = await probe.ask({ method: 'GET', url });
    return answer.status === 200 ? parseJson(answer.text) : undefined;
  } catch (error) {
    // An issuer that cannot be reached from here is one of several places.
    if (error instanceof ProbeError) return undefined;
    throw error;
  }
}

/** What came of trying the likely endpoints. */
interface Tried {
  readonly chat: ChatFinding | undefined;
  readonly locked: boolean;
  readonly failures: readonly string[];
}

const NO_CHAT: Tried = { chat: undefined, locked: false, failures: [] };

async function tryCandidates(
  { probe, upstream, say }: ExploreOptions,
  candidates: readonly ChatCandidate[],
  { headers }: Access,
): Promise<Tried> {
  const failures: string[] = [];
  let locked = false;
  for (const candidate of candidates) {
    say(`Sending "Hello" and "Hello again" to ${candidate.method} ${candidate.path}: ${candidate.why}.`);
    try {
      const attempt = await tryChat(probe, upstream, candidate, headers);
      if (attempt.kind === 'found') return { chat: attempt.finding, locked: false, failures };
      locked ||= attempt.kind === 'locked';
      const why = attempt.kind === 'locked' ? 'it refuses the caller' : attempt.why;
      failures.push(`${candidate.method} ${candidate.path}: ${why}`);
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      failures.push(`${candidate.method} ${candidate.path}: ${error.message}`);
    }
  }
  return { chat: undefined, locked, failures };
}
