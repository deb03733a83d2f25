/** The requests of the protocol, short to write. */
export const message = (text: string, more: object = {}) => ({
  content: [{ type: 'input_text', text }],
  attachments: [],
  inference_options: {},
  ...more,
});

export const create = (text: string, more?: object) => ({
  type: 'threads.create',
  params: { input: message(text, more) },
});

export const addMessage = (thread_id: string, text: string, more?: object) => ({
  type: 'threads.add_user_message',
  params: { thread_id, input: message(text, more) },
});

export const retryAfter = (thread_id: string, item_id: string) => ({
  type: 'threads.retry_after_item',
  params: { thread_id, item_id },
});

export const getThread = (thread_id: string) => ({ type: 'threads.get_by_id', params: { thread_id } });

export const listThreads = (params: object = {}) => ({ type: 'threads.list', params });

export const listItems = (thread_id: string, params: object = {}) => ({
  type: 'items.list',
  params: { thread_id, ...params },
});

export const rename = (thread_id: string, title: string) => ({
  type: 'threads.update',
  params: { thread_id, title },
});

export const deleteThread = (thread_id: string) => ({ type: 'threads.delete', params: { thread_id } });

export const feedback = (thread_id: string, item_ids: string[], kind = 'positive') => ({
  type: 'items.feedback',
  params: { thread_id, item_ids, kind },
});

export const clientToolOutput = (thread_id: string, result: unknown) => ({
  type: 'threads.add_client_tool_output',
  params: { thread_id, result },
});

export const structuredInput = (thread_id: string, item_id: string, input: object) => ({
  type: 'threads.add_structured_input',
  params: { thread_id, item_id, input },
});

interface Action {
  readonly type: string;
  readonly payload?: unknown;
}

export const customAction = (thread_id: string, action: Action, item_id?: string) => ({
  type: 'threads.custom_action',
  params: { thread_id, item_id, action },
});

export const syncAction = (thread_id: string, action: Action, item_id?: string) => ({
  type: 'threads.sync_custom_action',
  params: { thread_id, item_id, action },
});

export const transcribe = (audio: Buffer, mime_type: string) => ({
  type: 'input.transcribe',
  params: { audio_base64: audio.toString('base64'), mime_type },
});
