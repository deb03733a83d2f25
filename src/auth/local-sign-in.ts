import type { UserRecord } from '../store/auth-store.ts';
import { unauthenticated } from './bearer-error.ts';
import type { SignInService } from './routes.ts';
import type { TokenResponse, User } from './schemas.ts';
import type { SignIn, TokenGrant } from './sign-in.ts';

/** The sign-in of the gateway itself, in the form of its HTTP interface. */
export function createLocalSignIn(signIn: SignIn): SignInService {
  return {
    signIn: async (credentials, context) => toTokenResponse(await signIn.signIn(credentials, context)),
    refresh: async (refreshToken, context) => toTokenResponse(await signIn.refresh(refreshToken, context)),
    async signOut({ refreshToken, session }, context) {
      if (refreshToken !== undefined) await signIn.signOutByToken(refreshToken, context);
      else if (session !== undefined)
        await signIn.signOutSession(String(session.principal.claims['sid']), context);
      else throw unauthenticated();
    },
  };
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

export function toUser({ id, email, name }: UserRecord): User {
  return { id, email, ...(name !== undefined && { name }) };
}
