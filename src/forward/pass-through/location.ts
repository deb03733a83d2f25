/** Where a service's `Location` is to be found from outside, or nothing where it leads elsewhere. */
export function toPublicLocation(
  location: string,
  options: {
    /** The URL that the service was asked for. */
    readonly asked: URL;
    /** Prefix of the path at the service, without a slash at its end. */
    readonly upstreamPrefix: string;
    readonly publicPrefix: string;
    /** The host by which browsers know the gateway: a service may have read it from X-Forwarded-Host. */
    readonly publicHost: string;
  },
): string | undefined {
  const { asked, upstreamPrefix, publicPrefix, publicHost } = options;
  const url = URL.parse(location, asked.href);
  if (url === null) return undefined;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  // The scheme may differ: behind TLS a service believes X-Forwarded-Proto.
  if (url.host !== asked.host && url.host !== publicHost) return undefined;
  const rest = restBelow(url.pathname, upstreamPrefix);
  return rest === undefined ? undefined : `${publicPrefix}${rest}${url.search}${url.hash}`;
}

/** What follows a prefix of whole segments: nothing, or something that begins with a slash. */
export function restBelow(path: string, prefix: string): string | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  return rest === '' || rest.startsWith('/') ? rest : undefined;
}
