import { z } from 'zod';
import { issuerSchema, serviceSignInSchema } from './issuers.ts';
import { section } from './parts.ts';

export const authSchema = section({
  mode: z
    .enum(['local', 'jwt'])
    .default('local')
    .describe('local: users in the store of the gateway. jwt: tokens that others issue, see issuers.'),
  local: section({
    issuer: z
      .string()
      .min(1)
      .default('chatkit-gateway')
      .describe('The iss claim of the tokens that are issued.'),
    audience: z
      .string()
      .min(1)
      .default('chatkit-gateway')
      .describe('The aud claim of the tokens that are issued.'),
    keyFile: z
      .string()
      .min(1)
      .default('data/signing-key.json')
      .describe(
        'Private signing key (JWK); made at the first start. Keep it: with a new one everybody must sign in again.',
      ),
    accessTokenSeconds: z
      .int()
      .min(30)
      .max(86_400)
      .default(600)
      .describe('Lifetime of an access token; a client refreshes it.'),
    sessionSeconds: z
      .int()
      .min(60)
      .max(31_536_000)
      .default(2_592_000)
      .describe('How long a sign-in can be refreshed, in all.'),
    refreshGraceSeconds: z
      .int()
      .min(0)
      .max(60)
      .default(10)
      .describe('How long a spent refresh token is taken again, for a client whose answer was lost.'),
    demoUser: z
      .boolean()
      .default(true)
      .describe('Make a demo user with a random password at the first start. Refused in production.'),
  }).describe('Users in the store of the gateway, and tokens that it signs itself.'),
  issuers: z
    .array(issuerSchema)
    .max(20)
    .default([])
    .describe('Whose tokens are taken, where auth.mode is jwt.')
    .meta({ examples: [[{ algorithms: ['HS256'], secret: 'the SECRET_KEY of the service' }]] }),
  service: serviceSignInSchema,
}).describe('Who may call.');
