/** With an offset, as RFC 3339 asks for. */
const WITH_OFFSET = /(?:z|[+-]\d\d:?\d\d)$/i;

/** A time of a service as the simple API promises it. One that tells no offset, as Python's `datetime.now()`, is UTC. */
export function toTimestamp(text: string): string {
  const ms = Date.parse(WITH_OFFSET.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
}
