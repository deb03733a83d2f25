/** Content that lies somewhere and can be read in parts, so that none of it need be in memory. */
export interface ByteSource {
  readonly size: number;
  /** Fewer bytes where the content ends. */
  read(offset: number, length: number): Promise<Buffer>;
  /** All of it, in order. */
  chunks(): AsyncIterable<Uint8Array>;
}
