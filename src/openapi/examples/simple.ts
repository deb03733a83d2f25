import type { z } from 'zod';
import type { ChatAnswer, chatRequest, ChatFrame, Conversation, Message } from '../../chat/simple/schemas.ts';
import {
  CREATED_AT,
  QUESTION,
  REPLIED_AT,
  REPLY,
  REPLY_ITEM_ID,
  RUN_ID,
  THREAD_ID,
  TITLE,
  USER_ITEM_ID,
} from './conversation.ts';

const CALL_ID = 'tc_8d0f1a3c5e7b9d1f3a4b6d8f0a2c4e6b';
const pendingCall = { id: CALL_ID, tool: 'add_task', status: 'pending' } as const;
const finishedCall = {
  id: CALL_ID,
  tool: 'add_task',
  status: 'success',
  result:
    '{"added":{"id":"tsk_3e5b7d9f1a2c4e6b8d0f1a3c5e7b9d1f","title":"Buy milk","completed":false},"open":1}',
} as const;

export const newConversation: z.input<typeof chatRequest> = { message: QUESTION };
export const nextMessage: z.input<typeof chatRequest> = {
  message: 'What is on my list?',
  conversation_id: THREAD_ID,
};
export const wholeAnswer: z.input<typeof chatRequest> = { message: QUESTION, stream: false };

export const frames: readonly ChatFrame[] = [
  { conversation_id: THREAD_ID, run_id: RUN_ID },
  { tool_call: pendingCall },
  { tool_call: finishedCall },
  { content: 'Added **Buy milk** ' },
  { content: 'to your tasks. You have 1 open task.' },
  { done: true, message_id: REPLY_ITEM_ID },
];
export const failedFrames: readonly ChatFrame[] = [
  { conversation_id: THREAD_ID, run_id: RUN_ID },
  { content: 'Let me ' },
  {
    error: {
      code: 'custom',
      message: 'The model is busy at the moment. Please try again.',
      retry: true,
      request_id: '4f0c2d9be1a7483c9b5d60e2f8a1c377',
    },
  },
];

export const answer: ChatAnswer = {
  conversation_id: THREAD_ID,
  run_id: RUN_ID,
  message_id: REPLY_ITEM_ID,
  content: REPLY,
  tool_calls: [finishedCall],
};

export const conversation: Conversation = {
  id: THREAD_ID,
  title: TITLE,
  created_at: CREATED_AT,
  updated_at: REPLIED_AT,
};

export const messages: readonly Message[] = [
  { id: USER_ITEM_ID, role: 'user', content: QUESTION, created_at: CREATED_AT, tool_calls: [] },
  {
    id: REPLY_ITEM_ID,
    role: 'assistant',
    content: REPLY,
    created_at: REPLIED_AT,
    tool_calls: [finishedCall],
  },
];
