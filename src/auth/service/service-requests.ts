import type { Config } from '../../config/schema.ts';
import type { Credentials } from '../users.ts';

export type ServiceConfig = Config['auth']['service'];

/** What is sent to the service, but for the path. */
export interface ServiceMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

export function toLoginMessage(config: ServiceConfig, { email, password }: Credentials): ServiceMessage {
  const fields = { [config.usernameField]: email, [config.passwordField]: password };
  return config.loginForm === 'json' ? json(fields) : form({ grant_type: 'password', ...fields });
}

export function toRefreshMessage(config: ServiceConfig, refreshToken: string): ServiceMessage {
  const fields = { [config.refreshField]: refreshToken };
  switch (config.refreshForm) {
    case 'json':
      return json(fields);
    case 'form':
      return form({ grant_type: 'refresh_token', ...fields });
    case 'bearer':
      return { headers: bearer(refreshToken), body: null };
  }
}

export function toLogoutMessage(
  config: ServiceConfig,
  {
    refreshToken,
    accessToken,
  }: { readonly refreshToken: string | undefined; readonly accessToken: string | undefined },
): ServiceMessage {
  const { headers, body } =
    refreshToken === undefined ? { headers: {}, body: null } : json({ [config.refreshField]: refreshToken });
  return { headers: { ...headers, ...(accessToken !== undefined && bearer(accessToken)) }, body };
}

function json(fields: Readonly<Record<string, string>>): ServiceMessage {
  return { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(fields)) };
}

function form(fields: Readonly<Record<string, string>>): ServiceMessage {
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(fields).toString()),
  };
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}
