/** A setting that is right in itself and does not work here, as is found out at the start. */
export class SettingError extends Error {
  /** The keys that lead to the setting. */
  readonly path: readonly string[];

  constructor(path: readonly string[], message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'SettingError';
    this.path = path;
  }
}
