import { configSchema } from '../../config/schema.ts';
import type { Findings, TokenFinding } from './findings.ts';
import type { FoundRoute } from './find-routes.ts';
import type { ChatFinding } from './try-chat.ts';

/** A top-level section of the file, with what is said above it and other readings of the service. */
export interface Section {
  readonly comments: readonly string[];
  readonly value: Readonly<Record<string, unknown>>;
  /** Written below it, commented out. */
  readonly others?: readonly { readonly comments: readonly string[]; readonly value: unknown }[];
}

export const SECRET_VARIABLE = 'GATEWAY_AUTH_ISSUERS_0_SECRET';
const DEFAULTS = configSchema.parse({});

/** The settings that make the gateway fit the service: only what differs from the defaults. */
export function toSections(findings: Findings): Section[] {
  return [
    ...toServer(findings),
    toAuth(findings),
    toChat(findings),
    toUpstream(findings),
    ...toRoutes(findings),
  ];
}

function toServer({ upstream }: Findings): Section[] {
  const { hostname, port } = new URL(upstream);
  const isHere = /^(localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(hostname);
  if (!isHere || Number(port) !== DEFAULTS.server.port) return [];
  return [
    {
      comments: [`The service itself has port ${port}.`],
      value: { server: { port: DEFAULTS.server.port + 1 } },
    },
  ];
}

function toAuth({ users, key }: Findings): Section {
  if (users === undefined) {
    const why =
      key === undefined
        ? 'The chat of the service asks for no sign-in.'
        : 'The service asks for a key and knows no users.';
    return {
      comments: [`${why} Users are those of the gateway; the first start makes a demo user and shows it.`],
      value: { auth: { mode: 'local' } },
    };
  }
  const { token, signedIn } = users;
  const { issuer, comments } = toIssuer(users);
  return {
    comments: [
      `Users are those of the service: the gateway verifies its tokens (${token.algorithm}).`,
      ...comments,
    ],
    value: {
      auth: {
        mode: 'jwt',
        issuers: [issuer],
        ...(signedIn !== undefined && { service: toServiceSignIn(signedIn) }),
      },
    },
  };
}

function toIssuer({ token, secret, jwksUrl }: TokenFinding): {
  issuer: Record<string, unknown>;
  comments: string[];
} {
  const { claims, algorithm } = token;
  const comments: string[] = [];
  const audience = Array.isArray(claims['aud']) ? (claims['aud'] as unknown[])[0] : claims['aud'];
  const issuer: Record<string, unknown> = {
    ...(typeof claims['iss'] === 'string' && { issuer: claims['iss'] }),
    ...(typeof audience === 'string' && { audience }),
    algorithms: [algorithm],
  };
  if (algorithm.startsWith('HS')) {
    if (secret.kind === 'given') {
      issuer['secret'] = secret.secret;
      comments.push(
        `The secret makes this file private: keep it out of version control, or set ${SECRET_VARIABLE} (or ..._FILE) instead.`,
      );
    } else {
      comments.push(
        `The secret that signs them (often SECRET_KEY) is not in this file: set ${SECRET_VARIABLE}, or`,
        `${SECRET_VARIABLE}_FILE with the path of a file that holds it, when you start the gateway.`,
      );
    }
  } else if (jwksUrl !== undefined) {
    issuer['jwksUrl'] = jwksUrl;
  } else {
    comments.push(
      `Its public keys were not found: set jwksUrl or publicKey below, or GATEWAY_AUTH_ISSUERS_0_JWKS_URL.`,
    );
  }
  const names = toClaimNames(claims);
  if (Object.keys(names).length > 0) issuer['claims'] = names;
  const kind = ['type', 'token_type', 'token_use', 'typ'].find((name) => claims[name] === 'access');
  // Otherwise a refresh token, which is signed alike, would be taken for an access token.
  if (kind !== undefined) issuer['require'] = { [kind]: 'access' };
  return { issuer, comments };
}

function toClaimNames(claims: Readonly<Record<string, unknown>>): Record<string, string> {
  const has = (name: string) => typeof claims[name] === 'string' || typeof claims[name] === 'number';
  const subject = ['sub', 'user_id', 'userId', 'uid', 'id', 'email', 'username'].find(has) ?? 'sub';
  const name = ['name', 'full_name', 'preferred_username', 'username', 'email'].find(
    (each) => has(each) && each !== subject,
  );
  const tenant = ['tenant', 'tenant_id', 'org_id', 'organization_id'].find(has);
  const scopes = ['scope', 'scopes', 'permissions'].find((each) => claims[each] !== undefined) ?? 'scope';
  return {
    ...(subject !== 'sub' && { subject }),
    ...(name !== undefined && name !== 'name' && name !== 'email' && { name }),
    ...(tenant !== undefined && { tenant }),
    ...(scopes !== 'scope' && { scopes }),
  };
}

function toServiceSignIn(signedIn: NonNullable<TokenFinding['signedIn']>): Record<string, unknown> {
  const { endpoints, accessTokenField, refreshTokenField, expiresInField } = signedIn;
  const { refresh, logoutPath } = endpoints;
  return keepOther(DEFAULTS.auth.service, {
    upstream: 'api',
    loginPath: endpoints.loginPath,
    loginForm: endpoints.loginForm,
    usernameField: endpoints.usernameField,
    passwordField: endpoints.passwordField,
    refreshPath: refresh?.path ?? null,
    ...(refresh !== undefined && { refreshForm: refresh.form, refreshField: refresh.field }),
    logoutPath: logoutPath ?? null,
    accessTokenField,
    ...(refreshTokenField !== undefined && { refreshTokenField }),
    ...(expiresInField !== undefined && { expiresInField }),
  });
}

/** Without what is the default anyway; the paths stay, because they are what a reader looks for. */
function keepOther(
  defaults: Readonly<Record<string, unknown>>,
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([key, each]) => key.endsWith('Path') || defaults[key] !== each),
  );
}

function toChat(findings: Findings): Section {
  const { chatKitPath, chat } = findings;
  if (chatKitPath === undefined && chat !== undefined) {
    return {
      comments: bridgeComments(chat),
      value: toBridge(chat, findings),
      others: otherReadings(findings),
    };
  }
  return {
    comments: [`POST ${chatKitPath ?? ''} of the service speaks ChatKit itself.`],
    value: { chat: { backend: 'forward', forward: { path: chatKitPath } } },
    ...(chat !== undefined && {
      others: [
        {
          comments: [
            'It also has a plain chat endpoint. Instead of the section above, with which it keeps the threads',
            'itself, the gateway can speak ChatKit and keep the threads:',
          ],
          value: toBridge(chat, findings),
        },
      ],
    }),
  };
}

function bridgeComments({ candidate, recognition, conversation }: ChatFinding): string[] {
  return [
    `${candidate.method} ${candidate.path.split('?', 1)[0]} answers in a form of its own: ${recognition.why}.`,
    `Conversation: ${conversation.why}.`,
    ...(candidate.guesses.length === 0
      ? []
      : [`Look at ${candidate.guesses.join(', ')}: the service wants a value, and these are guesses.`]),
  ];
}

function otherReadings(findings: Findings): NonNullable<Section['others']> {
  const { chat } = findings;
  const [other] = chat?.recognition.others ?? [];
  if (chat === undefined || other === undefined) return [];
  const read = { ...chat, recognition: { ...chat.recognition, content: other } };
  return [
    {
      comments: [
        `Not sure: text also stands in "${other}". If replies look wrong, take this instead of the section above.`,
      ],
      value: toBridge(read, findings),
    },
  ];
}

const CHOOSES_CONTENT = new Set(['json-events', 'ndjson', 'json']);

function toBridge(chat: ChatFinding, { key }: Findings): Record<string, unknown> {
  const { candidate, recognition, conversation } = chat;
  const { format, content } = recognition;
  const conversationId =
    conversation.from === 'response'
      ? keepOther(DEFAULTS.chat.bridge.conversationId, { path: conversation.path })
      : conversation.from === 'header'
        ? { from: 'header', header: conversation.header }
        : conversation.from === 'thread'
          ? { from: 'thread' }
          : {};
  return {
    chat: {
      backend: 'bridge',
      bridge: {
        path: candidate.path,
        ...(candidate.method !== 'POST' && { method: candidate.method }),
        request: candidate.request,
        ...(candidate.historyMessage !== undefined && { historyMessage: candidate.historyMessage }),
        ...(key !== undefined && { headers: { [key.header]: `${key.prefix}${key.value}` } }),
        ...(Object.keys(conversationId).length > 0 && { conversationId }),
        response: {
          format,
          ...(content !== undefined && CHOOSES_CONTENT.has(format) && { content: [content] }),
        },
      },
    },
  };
}

function toUpstream({ upstream, users }: Findings): Section {
  return {
    comments:
      users === undefined
        ? ['The service. It is told who calls by X-User-Id.']
        : ['The service. It gets the access token of the user, as it would without the gateway.'],
    value: {
      upstreams: {
        api: { targets: [upstream], ...(users !== undefined && { credentials: 'forward' }) },
      },
    },
  };
}

function toRoutes({ routes, users }: Findings): Section[] {
  if (routes.routes.length === 0) return [];
  const notes = routes.routes.flatMap((route) => describeRoute(route));
  const open = routes.routes.filter(
    ({ isOpen, path }) => users !== undefined && isOpen && !isRegistration(path),
  );
  return [
    {
      comments: [
        'Its other paths, which pass through.',
        ...notes,
        ...(open.length === 0
          ? []
          : [
              `The service asks for no token at ${open.map(({ path }) => path).join(', ')}; the gateway does. "auth: none" opens them.`,
            ]),
        ...(routes.taken.length === 0
          ? []
          : [`Not among them, because the gateway has or needs these paths: ${routes.taken.join(', ')}`]),
      ],
      value: {
        routes: routes.routes.map(({ path, methods, isOpen }) => ({
          path,
          ...(methods.join() !== 'GET' && { methods }),
          ...(isOpen && isRegistration(path) && { auth: 'none' }),
        })),
      },
    },
  ];
}

function isRegistration(path: string): boolean {
  return /(register|sign-?up)$/i.test(path);
}

function describeRoute({ path, hasEvents, takesUploads }: FoundRoute): string[] {
  const what = [hasEvents ? 'has an event stream' : '', takesUploads ? 'takes uploads' : ''].filter(
    (each) => each !== '',
  );
  return what.length === 0 ? [] : [`${path} ${what.join(' and ')}.`];
}
