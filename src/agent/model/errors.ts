/** The stream of a model ended before the model said that it was done. */
export class CutStreamError extends Error {
  constructor() {
    super('the stream of the model ended before its final event');
    this.name = 'CutStreamError';
  }
}

/** The model sent nothing for longer than is allowed. */
export class SilentModelError extends Error {
  constructor(timeoutMs: number) {
    super(`the model sent nothing for ${timeoutMs} ms`);
    this.name = 'SilentModelError';
  }
}

/** The model said in its stream that it failed. */
export class FailedResponseError extends Error {
  readonly code: string | undefined;

  constructor(status: string, code: string | undefined, detail: string | undefined) {
    super(`the model ended its response with ${status}${detail === undefined ? '' : `: ${detail}`}`);
    this.name = 'FailedResponseError';
    this.code = code;
  }
}

/** A reply grew beyond all reason; a model can fall into an endless loop. */
export class EndlessReplyError extends Error {
  constructor(maxChars: number) {
    super(`the model wrote more than ${maxChars} characters in one reply`);
    this.name = 'EndlessReplyError';
  }
}
