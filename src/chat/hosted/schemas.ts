import { z } from 'zod';
import { timestamp } from '../../chatkit/protocol/common.ts';

const EXAMPLE_SECRET = 'ek_68e1f2c0b4f8819a_0d4f';

export const hostedSessionRequest = z
  .object({
    current_client_secret: z.string().max(4_096).nullish().meta({
      description:
        "What ChatKit gives to getClientSecret. It is not looked at: the answer is always a new secret of the token's user.",
    }),
  })
  .meta({ id: 'HostedSessionRequest', example: { current_client_secret: EXAMPLE_SECRET } });

export const hostedSession = z
  .object({
    client_secret: z.string().min(1).meta({ description: 'For ChatKit, which sends it to OpenAI.' }),
    expires_at: timestamp,
  })
  .meta({
    id: 'HostedSession',
    description: 'A client secret for ChatKit hosted by OpenAI.',
    example: { client_secret: EXAMPLE_SECRET, expires_at: '2026-01-01T00:10:00Z' },
  });
export type HostedSession = z.infer<typeof hostedSession>;
