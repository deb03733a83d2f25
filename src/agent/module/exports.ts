/** What a module of `agent.module`, and whoever mounts the gateway, writes an agent with. */
export {
  contextOf,
  defineAgent,
  defineClientTool,
  defineTool,
  type AgentDefinition,
  type AttachmentPart,
  type AuthorAction,
  type AuthorFeedback,
  type AuthorSyncAction,
  type AuthorTurn,
  type ClientTool,
  type OnAttachment,
  type RunAgentOptions,
  type ServerTool,
  type ToModelInput,
  type UploadedFile,
  type UploadWork,
} from './definition.ts';
export { InvalidReplyError } from './checked.ts';
export { answersOf, type Answers, type Question } from './questions.ts';
export type { Piece } from './piece.ts';
export type { Reply } from './reply.ts';
export type { ImageSource, TextOptions, TextSource } from './reply-items.ts';
export type { TaskInput, WorkflowOptions, WorkflowWriter } from './workflow.ts';
export { ToolError } from '../tools/tool-error.ts';
export type { ToolContext } from '../tools/registry.ts';
