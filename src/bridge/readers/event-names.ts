const ERRORS = new Set(['error', 'exception', 'failure']);
const ENDS = new Set(['done', 'end', 'close', 'complete', 'completed', 'finish', 'finished', 'stop', 'eof']);
const SILENT = new Set(['ping', 'heartbeat', 'keepalive', 'keep-alive']);
const ABOUT = new Set(['metadata', 'meta', 'start', 'open', 'init', 'connected', 'status', 'usage']);

/** What a frame is for, by its `event:` line. `about`: facts beside the text, where the data is no JSON. */
export function eventKind(name: string | undefined): 'content' | 'error' | 'end' | 'silent' | 'about' {
  const lower = name?.toLowerCase() ?? '';
  if (ERRORS.has(lower)) return 'error';
  if (ENDS.has(lower)) return 'end';
  if (SILENT.has(lower)) return 'silent';
  return ABOUT.has(lower) ? 'about' : 'content';
}
