/** A failure that the model and the user may read about. */
export class ToolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ToolError';
  }
}

/** By its name, because a module may throw the error of another copy of this package. */
export function isToolError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ToolError';
}
