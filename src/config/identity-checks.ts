import type { Finding } from './finding.ts';
import { findPlaceholders } from './placeholders.ts';
import type { Config } from './schema.ts';

/** Names by which a bridge says of which issuer a user is. */
const NAMES_ISSUER = new Set(['user_issuer', 'user_key']);
const ADVICE = {
  forward: 'it must tell users apart by iss and sub of the token',
  none: 'it must tell users apart by X-User-Issuer and X-User-Id',
} as const;

/** With several issuers, whether the services behind can tell apart two users who have the same subject. */
export function* checkIdentity({ auth, chat, routes, upstreams }: Config): Generator<Finding> {
  if (auth.mode !== 'jwt' || auth.issuers.length < 2) return;
  const named = new Set(routes.filter((each) => each.auth === 'required').map(({ upstream }) => upstream));
  if (chat.backend === 'forward') named.add(chat.forward.upstream);
  if (chat.backend === 'bridge') {
    const { bridge } = chat;
    const names = [...findPlaceholders([bridge.request, bridge.path, bridge.headers])].map(
      ({ name }) => name,
    );
    const saysIssuer = names.some((name) => NAMES_ISSUER.has(name));
    if (names.includes('user_id') && !saysIssuer) {
      yield {
        path: ['chat', 'bridge', 'request'],
        given: [['auth', 'issuers']],
        weight: 'warn',
        message:
          'names users by {{user_id}} alone, and auth.issuers has several entries: the same id of two issuers is one user ' +
          'there; use {{user_key}}, or add {{user_issuer}}',
      };
    }
    if (!saysIssuer) named.add(bridge.upstream);
  }
  for (const [name, { credentials }] of Object.entries(upstreams)) {
    if (!named.has(name) || credentials === 'mint') continue;
    yield {
      path: ['upstreams', name, 'credentials'],
      given: [['auth', 'issuers']],
      weight: 'warn',
      message: `users of several auth.issuers come to this service, and two can have the same id: ${ADVICE[credentials]}`,
    };
  }
}
