import { ProbeError } from '../../../probe/http.ts';
import { fail, ok, skipped, type Check, type Result } from '../check.ts';

const CHATKIT = 'https://cdn.platform.openai.com';
const SCRIPT = 'https://cdn.platform.openai.com/deployments/chatkit/chatkit.js';

/** The page that shows the chat lets ChatKit's script and frame load, and calls of the gateway through. */
export const cspCheck: Check = {
  id: 'page-csp',
  async run({ page, probe, gatewayUrl }) {
    if (page === undefined)
      return [skipped('no page was named; --page takes the address of the one with the chat')];
    try {
      const { status, headers, text } = await probe.ask({ method: 'GET', url: page });
      if (status !== 200)
        return [fail(`${page} answered ${status}`, 'Name a page that can be read without signing in.')];
      const policies = [headers['content-security-policy'], metaPolicy(text)].filter(
        (each) => each !== undefined,
      );
      if (policies.length === 0) return [ok(`${page} has no policy, so everything may load`)];
      return policies.flatMap((policy) => judge(parsePolicy(policy), new URL(page).origin, gatewayUrl));
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      return [fail(`${page}: ${error.message}`, 'Check the address.')];
    }
  },
};

function metaPolicy(html: string): string | undefined {
  const [tag = ''] = /<meta[^>]{0,200}content-security-policy[^>]{0,4000}>/i.exec(html) ?? [];
  return /content="([^"]*)"/i.exec(tag)?.[1];
}

type Policy = ReadonlyMap<string, readonly string[]>;

function parsePolicy(text: string): Policy {
  const directives = text.split(';').map((each) => each.trim().split(/\s+/));
  return new Map(directives.map(([name = '', ...sources]) => [name.toLowerCase(), sources]));
}

function judge(policy: Policy, pageOrigin: string, gatewayUrl: string | undefined): Omit<Result, 'id'>[] {
  const gateway = gatewayUrl === undefined ? pageOrigin : new URL(gatewayUrl).origin;
  return [
    judgeDirective(policy, ['script-src-elem', 'script-src', 'default-src'], SCRIPT, pageOrigin),
    judgeDirective(policy, ['frame-src', 'child-src', 'default-src'], CHATKIT, pageOrigin),
    judgeDirective(policy, ['connect-src', 'default-src'], CHATKIT, pageOrigin),
    judgeDirective(policy, ['connect-src', 'default-src'], gateway, pageOrigin),
  ];
}

function judgeDirective(
  policy: Policy,
  names: readonly string[],
  target: string,
  pageOrigin: string,
): Omit<Result, 'id'> {
  const name = names.find((each) => policy.has(each));
  const sources = name === undefined ? undefined : policy.get(name);
  const { origin } = new URL(target);
  if (sources === undefined) return ok(`${names[0]} is not restricted`);
  if (sources.some((source) => covers(source, target, pageOrigin))) return ok(`${name} allows ${origin}`);
  // A name for what is missing that does not widen a fallback for everything else.
  const wanted = name === 'default-src' ? names.find((each) => !each.endsWith('-elem')) : name;
  return fail(`${name} does not allow ${origin}`, `Add ${origin} to ${wanted} in the policy of the page.`);
}

function covers(source: string, target: string, pageOrigin: string): boolean {
  const url = new URL(target);
  if (source === '*' || source === url.protocol) return true;
  if (source === "'self'") return url.origin === pageOrigin;
  const [, scheme, host = '', path = ''] = /^(https?:\/\/)?([^/']+)(\/.*)?$/.exec(source) ?? [];
  if (host === '' || (scheme !== undefined && scheme !== `${url.protocol}//`)) return false;
  const isHost = host.startsWith('*.') ? url.hostname.endsWith(host.slice(1)) : host === url.host;
  const isPath = path === '' || (path.endsWith('/') ? url.pathname.startsWith(path) : url.pathname === path);
  return isHost && (isPath || url.pathname === '/');
}
