import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import { readJsonBytes } from '../http/body.ts';
import { methodNotAllowed } from '../http/problem.ts';
import { requestContext } from '../http/request-context.ts';
import { addressOf, type Limits } from '../limits/limits.ts';
import type { GatewayEvents } from '../observability/events.ts';
import { authenticateRequest } from './authenticate.ts';
import { invalidToken } from './bearer-error.ts';
import { normaliseEmail } from './credentials.ts';
import type { Principal } from './principal.ts';
import { parseBody } from './request-body.ts';
import {
  loginRequestSchema,
  logoutRequestSchema,
  refreshRequestSchema,
  type ChatDescription,
  type SessionResponse,
  type TokenResponse,
  type User,
} from './schemas.ts';
import type { Credentials } from './users.ts';
import type { TokenVerifier } from './verifier.ts';

/** Two short strings; what is longer is no sign-in. */
const BODY_LIMIT_BYTES = 16_384;

export type SignInLimits = Pick<Limits, 'signInAddress' | 'signInAccount' | 'accounts'>;

/** What one request is about: where to log, and when its client is gone. */
export interface CallContext {
  readonly requestId: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Whoever signs users in: the gateway itself, or the service behind it. */
export interface SignInService {
  /** @throws GatewayError `invalid-credentials`, whatever was wrong; `overloaded`, `rate-limited`, `upstream-*` */
  signIn(credentials: Credentials, context: CallContext): Promise<TokenResponse>;
  /** @throws GatewayError `invalid-refresh-token`, `rate-limited`, `upstream-*` */
  refresh(refreshToken: string, context: CallContext): Promise<TokenResponse>;
  /** Ends the session of the refresh token, or else the one of the access token. One that is over is no error. */
  signOut(
    which: {
      readonly refreshToken: string | undefined;
      readonly session: { readonly principal: Principal; readonly accessToken: string } | undefined;
    },
    context: CallContext,
  ): Promise<void>;
}

interface AuthRoutesOptions {
  /** Absent where nobody here signs users in: these routes do not exist then. */
  readonly signIn: SignInService | undefined;
  readonly verifier: TokenVerifier;
  /** Undefined when the user is no more. */
  readonly userOf: (principal: Principal) => Promise<User | undefined>;
  readonly limits: SignInLimits;
  readonly events: Pick<GatewayEvents, 'signInEnded'>;
  readonly describeChat: () => ChatDescription;
}

type SignInOptions = AuthRoutesOptions & { readonly signIn: SignInService };

/** The routes under `/api/auth`. They bring their own limits and body parser, and need no authentication before them. */
export function createAuthRoutes(options: AuthRoutesOptions): Router {
  const router = Router();
  router.use('/api/auth', neverStored);
  for (const [path, handlers] of Object.entries(createSignInHandlers(options))) {
    router
      .route(path)
      .post(...handlers)
      .all(methodNotAllowed('POST'));
  }
  router.route('/api/auth/session').get(createSession(options)).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

function createSignInHandlers(
  options: AuthRoutesOptions,
): Readonly<Record<string, readonly RequestHandler[]>> {
  const { signIn } = options;
  if (signIn === undefined) {
    return { '/api/auth/login': [noSignIn], '/api/auth/refresh': [noSignIn], '/api/auth/logout': [noSignIn] };
  }
  const body = readJsonBytes({ limitBytes: BODY_LIMIT_BYTES });
  const given = { ...options, signIn };
  return {
    '/api/auth/login': [createLoginGate(given), ...body, createLogin(given)],
    '/api/auth/refresh': [createRefreshGate(given), ...body, createRefresh(given)],
    '/api/auth/logout': [...body.map(unlessEmpty), createLogout(given)],
  };
}

const noSignIn: RequestHandler = () => {
  throw new GatewayError('not-found', {
    detail: 'The gateway passes no sign-in on: get a token from the service, or set auth.service.upstream.',
  });
};

const neverStored: RequestHandler = (_req, res, next) => {
  res.setHeader('Cache-Control', 'no-store');
  next();
};

/** Before the body is read: a flood from one address costs nothing more than this. */
function createLoginGate({ limits, events }: AuthRoutesOptions): RequestHandler {
  return async (req, res, next) => {
    await limited(events, res, () => limits.signInAddress.consume(req, res));
    next();
  };
}

function createLogin({ signIn, limits, events }: SignInOptions): RequestHandler {
  return async (req, res) => {
    const credentials = parseBody(loginRequestSchema, req.body as Buffer);
    const account = normaliseEmail(credentials.email);
    const address = addressOf(req);
    await limited(events, res, () =>
      limits.signInAccount.consume(req, res, {
        key: limits.accounts.keyFor(account, address),
        // Counted before the password is tested, so that guesses sent at once cannot slip through together.
        refundWhen: ({ statusCode }) => statusCode !== 401,
      }),
    );
    const answer = await signIn.signIn(credentials, requestContext(res));
    limits.accounts.remember(account, address);
    res.json(answer);
  };
}

/** Refreshes that succeed do not count: an office behind one address makes more of them than one attacker tries. */
function createRefreshGate({ limits }: AuthRoutesOptions): RequestHandler {
  return async (req, res, next) => {
    await limits.signInAddress.consume(req, res, { refundWhen: ({ statusCode }) => statusCode < 400 });
    next();
  };
}

function createRefresh({ signIn }: SignInOptions): RequestHandler {
  return async (req, res) => {
    const { refresh_token } = parseBody(refreshRequestSchema, req.body as Buffer);
    const answer: TokenResponse = await signIn.refresh(refresh_token, requestContext(res));
    res.json(answer);
  };
}

function createLogout({ signIn, verifier }: SignInOptions): RequestHandler {
  return async (req, res) => {
    const { refresh_token: refreshToken } = hasBody(req)
      ? parseBody(logoutRequestSchema, req.body as Buffer)
      : {};
    const session = await readSession(verifier, req, res).catch((error: unknown) => {
      // The refresh token says by itself what is to end, whether or not the access token has expired.
      if (refreshToken === undefined || !(error instanceof GatewayError && error.status === 401)) throw error;
      return undefined;
    });
    await signIn.signOut({ refreshToken, session }, requestContext(res));
    res.status(204).end();
  };
}

async function readSession(verifier: TokenVerifier, req: Request, res: Response) {
  const principal = await authenticateRequest(verifier, req, res);
  return { principal, accessToken: requestContext(res).accessToken ?? '' };
}

function createSession({ verifier, userOf, describeChat }: AuthRoutesOptions): RequestHandler {
  return async (req, res) => {
    const principal = await authenticateRequest(verifier, req, res);
    const { issuer, scopes, claims } = principal;
    const user = await userOf(principal);
    if (user === undefined) throw invalidToken('The session has ended');
    const answer: SessionResponse = {
      user,
      issuer,
      scopes,
      expires_at: new Date(Number(claims['exp']) * 1000).toISOString(),
      chat: describeChat(),
    };
    res.json(answer);
  };
}

async function limited(
  events: AuthRoutesOptions['events'],
  res: Response,
  consume: () => Promise<void>,
): Promise<void> {
  try {
    await consume();
  } catch (error) {
    const isLimited = error instanceof GatewayError && error.code === 'rate-limited';
    if (isLimited) events.signInEnded(requestContext(res).logger, 'limited');
    throw error;
  }
}

function hasBody(req: Request): boolean {
  return req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0;
}

function unlessEmpty(handler: RequestHandler): RequestHandler {
  return async (req, res, next) => {
    if (hasBody(req)) await handler(req, res, next);
    else next();
  };
}
