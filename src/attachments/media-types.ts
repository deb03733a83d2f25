const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;
/** What is announced when nothing is known. */
export const UNKNOWN_TYPE = 'application/octet-stream';

/** Other names of the same thing, as browsers and systems use them. */
const ALIASES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'image/apng': 'image/png',
  'image/vnd.mozilla.apng': 'image/png',
  'application/x-pdf': 'application/pdf',
  'application/x-zip-compressed': 'application/zip',
  'application/x-gzip': 'application/gzip',
  'application/csv': 'text/csv',
  'text/x-csv': 'text/csv',
  'text/x-markdown': 'text/markdown',
  'text/json': 'application/json',
  'text/xml': 'application/xml',
  'text/rtf': 'application/rtf',
  'text/x-yaml': 'application/yaml',
  'application/x-yaml': 'application/yaml',
  'text/yaml': 'application/yaml',
  'text/x-html': 'text/html',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/mp3': 'audio/mpeg',
  'audio/x-m4a': 'audio/mp4',
  'audio/m4a': 'audio/mp4',
  'audio/x-flac': 'audio/flac',
  'video/x-m4v': 'video/mp4',
};

/** Every JavaScript MIME type of the WHATWG's MIME Sniffing Standard. */
function isJavaScript(type: string): boolean {
  return (
    /^(application|text)\/(x-)?(ecma|java)script$/.test(type) ||
    /^text\/(javascript1\.[0-5]|jscript|livescript)$/.test(type)
  );
}

/** Lower-case, without parameters, by its usual name. What is no media type is unknown. */
export function toMediaType(given: string | undefined): string {
  const bare = (given ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!MEDIA_TYPE.test(bare)) return UNKNOWN_TYPE;
  return isJavaScript(bare) ? 'text/javascript' : (ALIASES[bare] ?? bare);
}

const TEXT_TYPES = new Set([
  'application/json',
  'application/ld+json',
  'application/x-ndjson',
  'application/jsonl',
  'application/xml',
  'application/yaml',
  'application/toml',
  'application/sql',
  'application/graphql',
  'application/x-sh',
  'application/x-python-code',
  'application/x-httpd-php',
  'application/x-tex',
  'application/xhtml+xml',
  'image/svg+xml',
]);

/** Whether files of this type are text, whatever else they are. */
export function isTextType(type: string): boolean {
  return type.startsWith('text/') || TEXT_TYPES.has(type) || /\+(json|xml|yaml)$/.test(type);
}

/** What a browser would run, were it shown. A wildcard never means these. */
export function isActiveType(type: string): boolean {
  return (
    ['text/html', 'text/javascript', 'text/xsl', 'application/xml', 'application/x-httpd-php'].includes(
      type,
    ) || type.endsWith('+xml')
  );
}

/** Images that every browser shows and that hold no script. Only these are ever shown in place. */
const SAFE_IMAGES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
]);

export function isSafeImage(type: string): boolean {
  return SAFE_IMAGES.has(type);
}

export function isAccepted(type: string, accept: readonly string[]): boolean {
  if (accept.includes(type)) return true;
  if (isActiveType(type)) return false;
  return accept.includes('*/*') || accept.includes(`${type.split('/', 1)[0] ?? ''}/*`);
}

/** Text that no browser runs, lays out or applies, by whichever element it is asked to. */
const SAFE_TEXTS: ReadonlySet<string> = new Set(['text/plain', 'text/csv', 'text/markdown']);

/** The type that a download is served as: nothing that a browser could take for a page, a script or a style sheet. */
export function toServedType(type: string): string {
  if (!isActiveType(type) && !type.startsWith('text/')) return type;
  return `${SAFE_TEXTS.has(type) ? type : 'text/plain'}; charset=utf-8`;
}
