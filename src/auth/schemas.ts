import { z } from 'zod';
import { MAX_EMAIL_LENGTH, MAX_PASSWORD_LENGTH } from './credentials.ts';

const EXAMPLE_TOKEN = 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJ1c3JfNGY2YyJ9.c2lnbmF0dXJl';
const EXAMPLE_REFRESH_TOKEN = 'cgr_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const EXAMPLE_USER = { id: 'usr_9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d', email: 'ada@example.com', name: 'Ada' };

const refreshToken = z
  .string()
  .min(1)
  // Those of a service can be tokens of their own.
  .max(8192)
  .meta({ description: 'Opaque. It can be used once; the answer carries its successor.' });

export const loginRequestSchema = z
  .object({
    // Whether it has the form of an address is not checked: an unknown one gets the answer of any unknown user.
    email: z
      .string()
      .min(1)
      .max(MAX_EMAIL_LENGTH)
      .regex(/^\P{Cc}*$/u, 'must not hold control characters')
      .meta({
        description:
          'For a user of the gateway, upper and lower case are the same. A service may take a user name.',
      }),
    password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
  })
  .meta({
    id: 'LoginRequest',
    description: 'The credentials of a user of the gateway, or of the service that signs users in.',
    example: { email: 'ada@example.com', password: 'correct horse battery staple' },
  });

export const refreshRequestSchema = z.object({ refresh_token: refreshToken }).meta({
  id: 'RefreshRequest',
  description: 'The refresh token of the newest answer.',
  example: { refresh_token: EXAMPLE_REFRESH_TOKEN },
});

export const logoutRequestSchema = z.object({ refresh_token: refreshToken.optional() }).meta({
  id: 'LogoutRequest',
  description: 'The session to end. Without a refresh token it is the one of the access token.',
  example: { refresh_token: EXAMPLE_REFRESH_TOKEN },
});

const userSchema = z
  .object({
    id: z.string().meta({ description: 'The `sub` of the access token, or the claim that names the user.' }),
    email: z.string().optional().meta({ description: 'Always there for a user of the gateway itself.' }),
    name: z.string().optional(),
  })
  .meta({ id: 'User', description: 'The signed-in user.', example: EXAMPLE_USER });

export const tokenResponseSchema = z
  .object({
    access_token: z.string().meta({ description: 'A signed JWT, to be sent as a bearer token.' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds that the access token lives.' }),
    refresh_token: refreshToken
      .optional()
      .meta({ description: 'Absent where the service behind the gateway issues none.' }),
    user: userSchema,
  })
  .meta({
    id: 'TokenResponse',
    description: 'A pair of tokens for one signed-in session.',
    example: {
      access_token: EXAMPLE_TOKEN,
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: EXAMPLE_REFRESH_TOKEN,
      user: EXAMPLE_USER,
    },
  });

const chatDescriptionSchema = z
  .object({
    backend: z.enum(['agent', 'forward', 'bridge']).meta({ description: 'Who answers.' }),
    model: z
      .string()
      .optional()
      .meta({ description: 'The model that answers unless another one is picked.' }),
    demo: z.boolean().meta({ description: 'True when the offline demo model answers.' }),
    models: z.array(z.string()).readonly().meta({ description: 'Models that the user may pick.' }),
  })
  .meta({
    id: 'ChatDescription',
    description: 'What answers in the chat.',
    example: { backend: 'agent', model: 'gpt-5-mini', demo: false, models: ['gpt-5-mini', 'gpt-5'] },
  });

export const sessionResponseSchema = z
  .object({
    user: userSchema,
    issuer: z.string().meta({ description: 'The `iss` of the access token; `jwt` where it has none.' }),
    scopes: z.array(z.string()).readonly(),
    expires_at: z.iso.datetime().meta({ description: 'When the access token ends.' }),
    chat: chatDescriptionSchema,
  })
  .meta({
    id: 'SessionResponse',
    description: 'Who is signed in, and what answers in the chat.',
    example: {
      user: EXAMPLE_USER,
      issuer: 'chatkit-gateway',
      scopes: ['chat'],
      expires_at: '2026-11-03T12:10:00.000Z',
      chat: { backend: 'agent', model: 'gpt-5-mini', demo: false, models: ['gpt-5-mini', 'gpt-5'] },
    },
  });

export const jwksSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid: z.string(),
        alg: z.literal('EdDSA'),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({
    id: 'JsonWebKeySet',
    description: 'The public keys of the access tokens that the gateway issues (RFC 7517).',
    example: {
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
          kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
          alg: 'EdDSA',
          use: 'sig',
        },
      ],
    },
  });

export type ChatDescription = z.infer<typeof chatDescriptionSchema>;
export type User = z.infer<typeof userSchema>;
export type TokenResponse = z.infer<typeof tokenResponseSchema>;
export type SessionResponse = z.infer<typeof sessionResponseSchema>;
