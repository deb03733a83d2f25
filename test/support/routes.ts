import type { Express } from 'express';

/** Every method and path that an app answers, in the words of OpenAPI. */
export function listRoutes(app: Express): string[] {
  return collect((app as any).router.stack, '').sort();
}

function collect(layers: any[], base: string): string[] {
  return layers.flatMap((layer): string[] => {
    if (layer.route !== undefined) {
      const path = `${base}${layer.route.path}`.replaceAll(/:(\w+)/g, '{$1}');
      return methodsOf(layer.route).map((method) => `${method} ${path}`);
    }
    const inner: any[] | undefined = layer.handle.stack;
    if (inner === undefined) return [];
    const prefix: unknown = layer.rawPath;
    if (typeof prefix !== 'string') throw new Error('a router without a plain prefix');
    return collect(inner, base + (prefix === '/' ? '' : prefix));
  });
}

/** The handler for every other method has no method of its own. */
function methodsOf(route: any): string[] {
  return [...new Set<string>(route.stack.flatMap((each: any) => each.method ?? []))].map((method) =>
    method.toUpperCase(),
  );
}
