import { isObject, valueAt } from '../../probe/json.ts';
import { isPlainPath, propertiesOf, type Description, type Operation } from './openapi.ts';

/** Where the service signs users in: the keys of auth.service. */
export interface SignInEndpoints {
  readonly loginPath: string;
  readonly loginForm: 'json' | 'password';
  readonly usernameField: string;
  readonly passwordField: string;
  readonly refresh:
    { readonly path: string; readonly form: 'json' | 'form' | 'bearer'; readonly field: string } | undefined;
  readonly logoutPath: string | undefined;
  readonly why: string;
}

/** A key that the service asks for instead of a user. */
export interface ServiceKey {
  readonly header: string;
  /** What stands before the key. */
  readonly prefix: string;
  readonly why: string;
}

const USER_FIELDS = ['email', 'username', 'user_name', 'login', 'identifier', 'user', 'name'];
const LOGIN_PATH = /(log-?in|sign-?in|token|session|auth|authenticate)s?\/?$/i;
const NOT_LOGIN = /(register|sign-?up|refresh|reset|forgot|change|logout|verify|confirm)/i;

export function findSignIn(
  description: Description,
  loginPath: string | undefined,
): SignInEndpoints | undefined {
  const found = loginPath === undefined ? findLogin(description) : findLoginAt(description, loginPath);
  if (found === undefined) return undefined;
  const refresh = description.operations.find(
    ({ method, path }) => method === 'POST' && /refresh/i.test(path) && !path.includes('{'),
  );
  const logout = description.operations.find(
    ({ method, path }) =>
      method === 'POST' && /(log-?out|sign-?out|revoke)/i.test(path) && !path.includes('{'),
  );
  return {
    ...found,
    refresh: refresh === undefined ? undefined : toRefresh(description, refresh),
    logoutPath: logout?.path,
  };
}

type Login = Omit<SignInEndpoints, 'refresh' | 'logoutPath'>;

const PASSWORD_FORM = {
  loginForm: 'password',
  usernameField: 'username',
  passwordField: 'password',
} as const;

function findLogin(description: Description): Login | undefined {
  for (const scheme of Object.values(description.securitySchemes)) {
    const tokenUrl = valueAt(scheme, 'flows.password.tokenUrl');
    if (typeof tokenUrl !== 'string') continue;
    const path = URL.parse(tokenUrl, `${new URL(description.url).origin}/`)?.pathname;
    if (path === undefined || !isPlainPath(path)) continue;
    return { loginPath: path, ...PASSWORD_FORM, why: 'the description names it as the OAuth2 password flow' };
  }
  const fitting = description.operations
    .filter(({ method, path }) => method === 'POST' && !path.includes('{') && !NOT_LOGIN.test(path))
    .map((operation) => toLogin(description, operation))
    .filter((login) => login !== undefined);
  return fitting.find(({ loginPath }) => LOGIN_PATH.test(loginPath));
}

function findLoginAt(description: Description, path: string): Login {
  const operation = description.operations.find((each) => each.method === 'POST' && each.path === path);
  const known = operation === undefined ? undefined : toLogin(description, operation);
  return known ?? { loginPath: path, ...PASSWORD_FORM, why: 'you named it' };
}

function toLogin(description: Description, operation: Operation): Login | undefined {
  const { body, bodyType, path } = operation;
  if (body === undefined || bodyType === undefined) return undefined;
  const names = propertiesOf(description, body).map(([name]) => name);
  const password = names.find((name) => /^pass(word|wd)?$/i.test(name));
  const user = USER_FIELDS.map((field) => names.find((name) => name.toLowerCase() === field)).find(
    (name) => name !== undefined,
  );
  if (password === undefined || user === undefined) return undefined;
  return {
    loginPath: path,
    loginForm: bodyType === 'json' ? 'json' : 'password',
    usernameField: user,
    passwordField: password,
    why: `it takes "${user}" and "${password}"`,
  };
}

function toRefresh(description: Description, operation: Operation): NonNullable<SignInEndpoints['refresh']> {
  const { path, body, bodyType } = operation;
  const names = body === undefined ? [] : propertiesOf(description, body).map(([name]) => name);
  const field = names.find((name) => /refresh/i.test(name)) ?? names.find((name) => /token/i.test(name));
  const form = bodyType === undefined ? 'bearer' : bodyType === 'json' ? 'json' : 'form';
  return { path, form, field: field ?? 'refresh_token' };
}

/** The key that the endpoint asks for, where there is no user to sign in. */
export function findServiceKey(
  description: Description,
  security: readonly string[],
): ServiceKey | undefined {
  for (const name of security) {
    const scheme = description.securitySchemes[name];
    if (!isObject(scheme)) continue;
    const header = scheme['name'];
    if (scheme['type'] === 'apiKey' && scheme['in'] === 'header' && isHeaderName(header)) {
      return { header, prefix: '', why: `the description asks for a key in ${header}` };
    }
    if (scheme['type'] === 'http' && String(scheme['scheme']).toLowerCase() === 'bearer') {
      return {
        header: 'Authorization',
        prefix: 'Bearer ',
        why: 'the description asks for a Bearer token and names no sign-in',
      };
    }
  }
  return undefined;
}

/** RFC 9110 section 5.6.2. */
function isHeaderName(value: unknown): value is string {
  return typeof value === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(value);
}
