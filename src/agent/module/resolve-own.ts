import { registerHooks } from 'node:module';

/** Two copies of these in one process would not know each other's objects. */
const OWN = /^(chatkit-gateway|@openai\/agents(-core|-openai)?)(\/|$)/;
/** What a module may use without a project of its own around it. */
const LENT = /^zod(\/|$)/;

let isRegistered = false;

/**
 * Lets the module of an own agent import the gateway and the agents SDK wherever it lies, installed beside it or not,
 * and always the copies that the gateway itself runs on.
 */
export function resolveOwnPackages(): void {
  if (isRegistered) return;
  isRegistered = true;
  const parentURL = import.meta.url;
  registerHooks({
    resolve(specifier, context, next) {
      const own = () => {
        const conditions = parentURL.endsWith('.ts')
          ? [...(context.conditions ?? []), 'chatkit-gateway-source']
          : context.conditions;
        return next(specifier, { ...context, conditions, parentURL });
      };
      if (OWN.test(specifier) && !isInstalled(context.parentURL)) return own();
      if (!LENT.test(specifier)) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return own();
      }
    },
  });
}

function isInstalled(url: string | undefined): boolean {
  return url === undefined || url.includes('/node_modules/');
}
