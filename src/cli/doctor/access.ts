import { toUserKey, type Principal, type TokenMinter } from '../../auth/principal.ts';
import type { Config } from '../../config/schema.ts';
import type { ChatService } from './check.ts';
import { exists } from './database.ts';

/** The headers by which the gateway would tell a service who asks, or why they cannot be had here. */
export type Access =
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'missing'; readonly why: string };

const NAME = 'chatkit-gateway-doctor';
const DOCTOR: Principal = {
  issuer: NAME,
  subject: NAME,
  scopes: [],
  claims: {},
  userKey: toUserKey(NAME, NAME),
};

/** @param token of a user, where one was given */
export async function accessTo(
  config: Config,
  service: ChatService,
  token: string | undefined,
): Promise<Access> {
  const { credentials } = service.config;
  if (credentials === 'forward' && token === undefined) {
    return { kind: 'missing', why: "the service wants a user's token; give one with --token-file" };
  }
  const { keyFile } = config.auth.local;
  if (credentials === 'mint' && !(await exists(keyFile))) {
    return { kind: 'missing', why: `the key that signs tokens for it (${keyFile}) is not on this machine` };
  }
  const { createCredentialHeaders } = await import('../../forward/credentials.ts');
  const mint = credentials === 'mint' ? await openMinter(config) : undefined;
  const toHeaders = createCredentialHeaders(service.config, mint);
  return { kind: 'headers', headers: await toHeaders({ principal: DOCTOR, accessToken: token ?? '' }) };
}

async function openMinter({ auth }: Config): Promise<TokenMinter> {
  const [{ openSigningKey }, { createTokenMinter }, { pino }] = await Promise.all([
    import('../../auth/signing-key.ts'),
    import('../../auth/token-minter.ts'),
    import('pino'),
  ]);
  const key = await openSigningKey({ keyFile: auth.local.keyFile, logger: pino({ enabled: false }) });
  return createTokenMinter({ issuer: auth.local.issuer, key });
}
