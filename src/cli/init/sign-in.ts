import type { Answer, Probe } from '../../probe/http.ts';
import { isObject, listLeaves, parseJson, valueAt } from '../../probe/json.ts';
import { CliError, EXIT_FAILURE, toLine } from '../terminal.ts';
import type { SignInEndpoints } from './find-sign-in.ts';

export interface SignedIn {
  readonly accessToken: string;
  readonly accessTokenField: string;
  readonly refreshTokenField: string | undefined;
  readonly expiresInField: string | undefined;
  /** The form that worked, which can differ from what was found. */
  readonly endpoints: SignInEndpoints;
}

const MAX_ATTEMPTS = 3;

/**
 * Signs a user in as the service wants it.
 * @throws CliError when the service refuses the user or answers without a token
 */
export async function signIn(
  probe: Probe,
  upstream: string,
  endpoints: SignInEndpoints,
  credentials: { readonly user: string; readonly password: string },
): Promise<SignedIn> {
  let tried = endpoints;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(probe, upstream, tried, credentials);
    if (answer.status >= 200 && answer.status < 300) return toSignedIn(answer, tried);
    const next = otherForm(tried, answer);
    if (next === undefined || attempt >= MAX_ATTEMPTS) throw toRefusal(answer, tried);
    tried = next;
  }
}

async function send(
  probe: Probe,
  upstream: string,
  endpoints: SignInEndpoints,
  { user, password }: { readonly user: string; readonly password: string },
): Promise<Answer> {
  const { loginPath, loginForm, usernameField, passwordField } = endpoints;
  const fields = { [usernameField]: user, [passwordField]: password };
  return await probe.ask({
    method: 'POST',
    url: `${upstream}${loginPath}`,
    ...(loginForm === 'json' ? { json: fields } : { form: { grant_type: 'password', ...fields } }),
  });
}

/** Another form, where the service says that this one is not understood; a refused user is not tried again. */
function otherForm(tried: SignInEndpoints, answer: Answer): SignInEndpoints | undefined {
  if (answer.status !== 422 && answer.status !== 415) return undefined;
  if (tried.loginForm === 'password') return { ...tried, loginForm: 'json' };
  return tried.usernameField === 'username' ? { ...tried, usernameField: 'email' } : undefined;
}

function toRefusal({ status, text }: Answer, { loginPath }: SignInEndpoints): CliError {
  const detail = valueAt(parseJson(text), 'detail');
  const said = typeof detail === 'string' ? `: ${toLine(detail, 200)}` : '';
  if (status === 400 || status === 401 || status === 403) {
    return new CliError(
      `the service refused these credentials at ${loginPath} (${status}${said}); nothing was written`,
      EXIT_FAILURE,
    );
  }
  return new CliError(
    `signing in at ${loginPath} did not work (${status}${said}); name the path with --login-path`,
    EXIT_FAILURE,
  );
}

function toSignedIn({ text }: Answer, endpoints: SignInEndpoints): SignedIn {
  const value = parseJson(text);
  const leaves = isObject(value) ? listLeaves(value) : [];
  const find = (pattern: RegExp) =>
    leaves.find(({ path }) => pattern.test((path.split('.').at(-1) ?? '').replaceAll(/[_-]/g, '')))?.path;
  const field = find(/^access(token)?$/i) ?? find(/^(id)?token$/i) ?? find(/^(jwt|bearer)$/i);
  const token = field === undefined ? undefined : valueAt(value, field);
  if (field === undefined || typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw new CliError(
      `${endpoints.loginPath} answered, but no access token is in the answer; nothing was written`,
      EXIT_FAILURE,
    );
  }
  return {
    accessToken: token,
    accessTokenField: field,
    refreshTokenField: find(/^refresh(token)?$/i),
    expiresInField: find(/^expires(in)?$/i),
    endpoints,
  };
}
