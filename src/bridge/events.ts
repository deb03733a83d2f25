/** What a service said, whatever form its answer has. */
export type BridgeEvent =
  | { readonly type: 'text'; readonly text: string }
  /** What follows is a message, or a paragraph, of its own. */
  | { readonly type: 'break' }
  | { readonly type: 'tool_call'; readonly call: BridgeToolCall }
  /** The message is the service's own and not yet fit to be shown. */
  | { readonly type: 'error'; readonly message: string | undefined }
  | { readonly type: 'conversation_id'; readonly id: string | number }
  /** Nothing of interest follows. */
  | { readonly type: 'done' };

export interface BridgeToolCall {
  /** Absent where the service numbers nothing: then the tool's name says which call ends. */
  readonly id: string | undefined;
  readonly tool: string;
  readonly status: 'pending' | 'success' | 'error';
  /** As JSON. */
  readonly arguments: string | undefined;
  readonly result: string | undefined;
}

/** An answer that is not what its format promises. The message is for the log. */
export class UnreadableAnswerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnreadableAnswerError';
  }
}
