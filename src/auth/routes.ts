import { Router, type Request, type RequestHandler, type Response } from 'express';
import { GatewayError } from '../errors/gateway-error.ts';
import { readJsonBytes } from '../http/body.ts';
import { methodNotAllowed } from '../http/problem.ts';
import { requestContext } from '../http/request-context.ts';
import { addressOf, type Limits } from '../limits/limits.ts';
import type { GatewayEvents } from '../observability/events.ts';
import type { UserRecord, UserStore } from '../store/auth-store.ts';
import { authenticateRequest, hasBearerToken } from './authenticate.ts';
import { invalidToken, unauthenticated } from './bearer-error.ts';
import { normaliseEmail } from './credentials.ts';
import { parseBody } from './request-body.ts';
import {
  loginRequestSchema,
  logoutRequestSchema,
  refreshRequestSchema,
  type ChatDescription,
  type SessionResponse,
  type TokenResponse,
} from './schemas.ts';
import type { SignIn, TokenGrant } from './sign-in.ts';
import type { TokenVerifier } from './verifier.ts';

/** Two short strings; what is longer is no sign-in. */
const BODY_LIMIT_BYTES = 16_384;

export type SignInLimits = Pick<Limits, 'signInAddress' | 'signInAccount' | 'accounts'>;

interface AuthRoutesOptions {
  readonly signIn: SignIn;
  readonly verifier: TokenVerifier;
  readonly users: Pick<UserStore, 'getUser'>;
  readonly limits: SignInLimits;
  readonly events: Pick<GatewayEvents, 'signInEnded'>;
  readonly describeChat: () => ChatDescription;
}

/** The routes under `/api/auth`. They bring their own limits and body parser, and need no authentication before them. */
export function createAuthRoutes(options: AuthRoutesOptions): Router {
  const router = Router();
  const body = readJsonBytes({ limitBytes: BODY_LIMIT_BYTES });
  router.use('/api/auth', neverStored);
  const routes: Readonly<Record<string, readonly RequestHandler[]>> = {
    '/api/auth/login': [createLoginGate(options), ...body, createLogin(options)],
    '/api/auth/refresh': [createRefreshGate(options), ...body, createRefresh(options)],
    '/api/auth/logout': [...body.map(unlessEmpty), createLogout(options)],
  };
  for (const [path, handlers] of Object.entries(routes)) {
    router
      .route(path)
      .post(...handlers)
      .all(methodNotAllowed('POST'));
  }
  router.route('/api/auth/session').get(createSession(options)).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

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

function createLogin({ signIn, limits, events }: AuthRoutesOptions): RequestHandler {
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
    const grant = await signIn.signIn(credentials, requestContext(res));
    limits.accounts.remember(account, address);
    res.json(toTokenResponse(grant));
  };
}

/** Refreshes that succeed do not count: an office behind one address makes more of them than one attacker tries. */
function createRefreshGate({ limits }: AuthRoutesOptions): RequestHandler {
  return async (req, res, next) => {
    await limits.signInAddress.consume(req, res, { refundWhen: ({ statusCode }) => statusCode < 400 });
    next();
  };
}

function createRefresh({ signIn }: AuthRoutesOptions): RequestHandler {
  return async (req, res) => {
    const { refresh_token } = parseBody(refreshRequestSchema, req.body as Buffer);
    res.json(toTokenResponse(await signIn.refresh(refresh_token, requestContext(res))));
  };
}

function createLogout({ signIn, verifier }: AuthRoutesOptions): RequestHandler {
  return async (req, res) => {
    const context = requestContext(res);
    const { refresh_token } = hasBody(req) ? parseBody(logoutRequestSchema, req.body as Buffer) : {};
    if (refresh_token === undefined && !hasBearerToken(req)) throw unauthenticated();
    if (refresh_token !== undefined) await signIn.signOutByToken(refresh_token, context);
    else {
      const { claims } = await authenticateRequest(verifier, req, res);
      await signIn.signOutSession(String(claims['sid']), context);
    }
    res.status(204).end();
  };
}

function createSession({ verifier, users, describeChat }: AuthRoutesOptions): RequestHandler {
  return async (req, res) => {
    const { issuer, subject, scopes, claims } = await authenticateRequest(verifier, req, res);
    const user = await users.getUser(subject);
    if (user === undefined) throw invalidToken('The session has ended');
    const answer: SessionResponse = {
      user: toUser(user),
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

function toTokenResponse({ accessToken, expiresInSeconds, refreshToken, user }: TokenGrant): TokenResponse {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    refresh_token: refreshToken,
    user: toUser(user),
  };
}

function toUser({ id, email, name }: UserRecord) {
  return { id, email, ...(name !== undefined && { name }) };
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
