export {
  createChatKitServer,
  type Caller,
  type ChatKitAnswer,
  type ChatKitServer,
  type ChatKitServerOptions,
} from './chatkit-server.ts';
export { toNodeListener } from './node-listener.ts';
export { openSqlStore } from './open-sql-store.ts';
export { toProblemResponse, toResponse } from './to-response.ts';
export {
  createMemoryChatStore as createMemoryStore,
  type MemoryChatStore as MemoryStore,
} from '../store/memory/memory-chat-store.ts';
export type { ChatStore as Store, Owner, PageQuery, ThreadRecord, ThreadWrite } from '../store/chat-store.ts';
export type { Page } from '../chatkit/protocol/common.ts';
export type { ResponderEvent, ThreadStreamEvent } from '../chatkit/protocol/events.ts';
export type { ThreadItem, UserMessageItem, VisibleItem, WidgetItem } from '../chatkit/protocol/items.ts';
export type { ChatKitRequest, OperationType } from '../chatkit/protocol/requests.ts';
export { createId, type IdKind } from '../chatkit/ids.ts';
export type { Transcriber } from '../chatkit/operations/transcribe.ts';
export type { LiveThread } from '../runs/live-thread.ts';
export {
  ReplyError,
  type ActionTurn,
  type Feedback,
  type Responder,
  type SyncAction,
  type ThreadWork,
  type Turn,
  type WidgetAction,
} from '../chatkit/responder.ts';
export type { Principal } from '../auth/principal.ts';
export type { ErrorCode } from '../errors/catalogue.ts';
export { GatewayError } from '../errors/gateway-error.ts';
