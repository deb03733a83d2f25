import { z } from 'zod';
import { httpUrl, path, SECRET, section } from './parts.ts';

/** Where a claim stands: its name, or a path such as `user.id`. */
const claimPath = z.string().min(1).max(200);

export const issuerSchema = z.strictObject({
  issuer: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'The iss claim of its tokens. null: its tokens have none, as those of many tutorials, or one that is not listed.',
    ),
  audience: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('The aud claim that its tokens must have. null: none is asked for.'),
  algorithms: z
    .array(
      z.enum([
        'HS256',
        'HS384',
        'HS512',
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'EdDSA',
      ]),
    )
    .min(1)
    .describe('Signature algorithms that are taken, and no others.'),
  secret: z.string().nullable().default(null).describe('Shared secret of an HS algorithm.').meta(SECRET),
  publicKey: z.string().nullable().default(null).describe('Public key in PEM form.'),
  jwks: z.string().nullable().default(null).describe('Public keys as the JSON of a key set.'),
  jwksUrl: httpUrl.nullable().default(null).describe('Address of the key set, which is fetched and cached.'),
  clockSkewSeconds: z.int().min(0).max(300).default(10).describe('How far the clocks may be apart.'),
  claims: section({
    subject: claimPath.default('sub').describe('The id of the user.'),
    name: claimPath.nullable().default('name').describe('What the user is called.'),
    email: claimPath.nullable().default('email').describe('The e-mail address of the user.'),
    tenant: claimPath.nullable().default(null).describe('The tenant of the user.'),
    scopes: claimPath.default('scope').describe('The scopes: a list, or one text with spaces.'),
  }).describe('Which claims say what.'),
  require: z
    .record(z.string(), z.string())
    .default({})
    .describe('Claims that a token must have with just this text, such as type: access.'),
  chatScope: z
    .string()
    // RFC 6749 section 3.3, because it stands in the challenge of a refusal.
    .regex(/^[!#-[\]-~]{1,100}$/)
    .nullable()
    .default(null)
    .describe('The scope that a token must have to chat. null: every valid token may.'),
});

const endpoint = (defaultPath: string, what: string) => path.nullable().default(defaultPath).describe(what);

export const serviceSignInSchema = section({
  upstream: z
    .string()
    .nullable()
    .default(null)
    .describe('Name of the upstream that signs users in. null: /api/auth/login does not exist.'),
  loginPath: path.default('/auth/token').describe('Path that takes credentials.'),
  loginForm: z
    .enum(['json', 'password'])
    .default('json')
    .describe('json: a JSON body. password: the OAuth2 password form of FastAPI.'),
  usernameField: z.string().min(1).default('username').describe('Name of the field for the e-mail address.'),
  passwordField: z.string().min(1).default('password').describe('Name of the field for the password.'),
  refreshPath: endpoint('/auth/refresh', 'Path that takes a refresh token. null: there is none.'),
  refreshForm: z
    .enum(['json', 'form', 'bearer'])
    .default('json')
    .describe(
      'json: a JSON body. form: the OAuth2 form, grant_type=refresh_token. bearer: the Authorization header.',
    ),
  refreshField: z
    .string()
    .min(1)
    .default('refresh_token')
    .describe('Name of the field of the refresh token.'),
  logoutPath: endpoint('/auth/logout', 'Path that ends a session. null: there is none.'),
  accessTokenField: z
    .string()
    .min(1)
    .default('access_token')
    .describe('Where the access token stands in its answer, such as data.access_token.'),
  refreshTokenField: z.string().min(1).default('refresh_token').describe('Where the refresh token stands.'),
  expiresInField: z
    .string()
    .min(1)
    .default('expires_in')
    .describe('Where the lifetime in seconds stands; without it the exp claim is read.'),
}).describe('The service that signs users in, where auth.mode is jwt.');
