/** What the service of the stream scenarios says of itself. */
export interface ServiceState {
  readonly open: number;
  readonly floodedBytes: number;
  /** Microseconds of `process.hrtime`, by the id of the stream. */
  readonly closedAt: Readonly<Record<string, number>>;
}

export async function readState(serviceUrl: string): Promise<ServiceState> {
  const answer = await fetch(`${serviceUrl}/state`, { signal: AbortSignal.timeout(30_000) });
  return (await answer.json()) as ServiceState;
}
