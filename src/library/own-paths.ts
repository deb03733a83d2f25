/** Where the gateway answers by itself: these paths and what is below them. Routes of the configuration come besides. */
const OWN = [
  '/api/chatkit',
  '/api/chat',
  '/api/conversations',
  '/api/runs',
  '/api/attachments',
  '/api/auth',
  '/.well-known/jwks.json',
  '/healthz',
  '/readyz',
  '/openapi.yaml',
  '/docs',
] as const;

export const ADMIN_PATHS = ['/metrics', '/healthz', '/readyz'] as const;

/** Whether a path is one of the gateway's; the pages of the application around it are none of its business. */
export function isBelow(paths: readonly string[], path: string): boolean {
  return paths.some((own) => path === own || path.startsWith(`${own}/`));
}

export const isOwnPath = (path: string): boolean => isBelow(OWN, path);
