import type { Description, Operation } from './openapi.ts';

/** A group of paths to pass through: one entry of `routes`. */
export interface FoundRoute {
  readonly path: string;
  readonly methods: readonly string[];
  readonly hasEvents: boolean;
  readonly takesUploads: boolean;
  /** None of its operations asks for a token, while others of the service do. */
  readonly isOpen: boolean;
}

export interface FoundRoutes {
  readonly routes: readonly FoundRoute[];
  /** Paths that cannot pass, because the gateway has them itself or they have no prefix. */
  readonly taken: readonly string[];
}

const METHOD_ORDER = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const OWN =
  /^\/(api\/(chat|chatkit|conversations|auth)|healthz|readyz|docs|openapi\.(json|yaml)|\.well-known)(\/|$)/;
const NOT_ROUTED = /^\/(docs|redoc|openapi\.json|health(z|check)?|ready(z)?|live(z)?|ping|metrics)?$/;
/** `routes` takes no such path. */
const NOT_PLAIN = /\/\/|%/;
const MAX_ROUTES = 60;

/** What else the service offers, by common prefix. */
export function findRoutes(description: Description, used: readonly string[]): FoundRoutes {
  const rest = description.operations.filter(({ path }) => !used.includes(path) && !NOT_ROUTED.test(path));
  const secures = description.operations.some(({ security }) => security.length > 0);
  const prefixes = [...new Set(rest.map(({ path }) => prefixOf(path)))].sort(
    (left, right) => left.length - right.length,
  );
  const roots: string[] = [];
  for (const prefix of prefixes) {
    if (prefix !== '' && !roots.some((root) => prefix === root || prefix.startsWith(`${root}/`))) {
      roots.push(prefix);
    }
  }
  const usable = roots.filter((root) => !OWN.test(root) && !NOT_PLAIN.test(root) && !covers(root, used));
  const routes = usable.slice(0, MAX_ROUTES).map((root) =>
    toRoute(
      root,
      rest.filter(({ path }) => isBelow(path, root)),
      secures,
    ),
  );
  const passed = (path: string) => usable.some((root) => isBelow(path, root));
  const taken = [...new Set(rest.filter(({ path }) => !passed(path)).map(({ path }) => path))];
  return { routes: routes.sort((left, right) => left.path.localeCompare(right.path)), taken };
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

/** A prefix that would also let the chat or the sign-in through past the gateway. */
function covers(root: string, used: readonly string[]): boolean {
  return used.some((path) => isBelow(path, root));
}

function prefixOf(path: string): string {
  const steps = path.split('/');
  const at = steps.findIndex((step) => step.includes('{'));
  return (at < 0 ? steps : steps.slice(0, at)).join('/').replace(/\/$/, '');
}

function toRoute(path: string, operations: readonly Operation[], secures: boolean): FoundRoute {
  const methods = new Set(operations.map(({ method }) => method));
  return {
    path,
    methods: METHOD_ORDER.filter((method) => methods.has(method)),
    hasEvents: operations.some(
      (each) =>
        each.answers.includes('text/event-stream') ||
        (each.method === 'GET' && /\/(events?|stream|sse)\/?$/.test(each.path)),
    ),
    takesUploads: operations.some(({ bodyType }) => bodyType === 'multipart'),
    isOpen: secures && operations.every(({ security }) => security.length === 0),
  };
}
