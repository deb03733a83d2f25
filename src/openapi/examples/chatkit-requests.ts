import type { z } from 'zod';
import type { OperationType, REQUESTS } from '../../chatkit/protocol/requests.ts';
import {
  ATTACHMENT_ID,
  QUESTION,
  QUESTION_ITEM_ID,
  REPLY_ITEM_ID,
  THREAD_ID,
  TITLE,
  USER_ITEM_ID,
  WIDGET_ITEM_ID,
} from './conversation.ts';

type RequestInput<Type extends OperationType> = z.input<(typeof REQUESTS)[Type]>;

const message = (text: string) => ({
  content: [{ type: 'input_text' as const, text }],
  attachments: [],
  quoted_text: '',
  inference_options: {},
});

const action = {
  thread_id: THREAD_ID,
  item_id: WIDGET_ITEM_ID,
  action: { type: 'task.complete', payload: { id: 'milk' } },
};

/** One request of each operation, as ChatKit sends it. */
export const CHATKIT_REQUESTS: { readonly [Type in OperationType]: RequestInput<Type> } = {
  'threads.create': { type: 'threads.create', params: { input: message(QUESTION) } },
  'threads.add_user_message': {
    type: 'threads.add_user_message',
    params: { thread_id: THREAD_ID, input: message('What is on my list?') },
  },
  'threads.add_client_tool_output': {
    type: 'threads.add_client_tool_output',
    params: { thread_id: THREAD_ID, result: { theme: 'dark' } },
  },
  'threads.add_structured_input': {
    type: 'threads.add_structured_input',
    params: {
      thread_id: THREAD_ID,
      item_id: QUESTION_ITEM_ID,
      input: { status: 'answered', answers: { when: { values: ['Tomorrow'] } } },
    },
  },
  'threads.retry_after_item': {
    type: 'threads.retry_after_item',
    params: { thread_id: THREAD_ID, item_id: USER_ITEM_ID },
  },
  'threads.custom_action': { type: 'threads.custom_action', params: action },
  'threads.sync_custom_action': { type: 'threads.sync_custom_action', params: action },
  'threads.get_by_id': { type: 'threads.get_by_id', params: { thread_id: THREAD_ID } },
  'threads.list': { type: 'threads.list', params: { limit: 20, order: 'desc' } },
  'items.list': { type: 'items.list', params: { thread_id: THREAD_ID, limit: 20, order: 'asc' } },
  'items.feedback': {
    type: 'items.feedback',
    params: { thread_id: THREAD_ID, item_ids: [REPLY_ITEM_ID], kind: 'positive' },
  },
  'attachments.create': {
    type: 'attachments.create',
    params: { name: 'receipt.png', size: 48_213, mime_type: 'image/png' },
  },
  'attachments.delete': { type: 'attachments.delete', params: { attachment_id: ATTACHMENT_ID } },
  'threads.update': { type: 'threads.update', params: { thread_id: THREAD_ID, title: TITLE } },
  'threads.delete': { type: 'threads.delete', params: { thread_id: THREAD_ID } },
  'input.transcribe': {
    type: 'input.transcribe',
    params: { audio_base64: 'GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibQ==', mime_type: 'audio/webm;codecs=opus' },
  },
};
