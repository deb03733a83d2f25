import type {
  Agent,
  AgentInputItem,
  InputGuardrail,
  ModelSettings,
  OutputGuardrail,
  Tool,
} from '@openai/agents-core';
import type { z } from 'zod';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { Attachment, ThreadItem, UserMessagePart, VisibleItem } from '../../chatkit/protocol/items.ts';
import type { ActionTurn, Feedback, SyncAction, ThreadWork, Turn } from '../../chatkit/responder.ts';
import type { WidgetState } from '../../widgets/stream-widget.ts';
import type { ReplyConverter } from '../reply/converter.ts';
import type { ToolContext } from '../tools/registry.ts';
import { InvalidReplyError } from './checked.ts';
import type { Piece } from './piece.ts';
import type { Reply } from './reply.ts';

/** A tool that the gateway runs. */
export interface ServerTool<Parameters extends z.ZodObject = z.ZodObject> {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** What the model reads to know when to call it. */
  readonly description: string;
  /** Absent: it takes none. */
  readonly parameters?: Parameters;
  /** What the user sees while it runs, for example `Looking up the weather`. */
  readonly activeTitle?: string | ((args: z.output<Parameters>) => string);
  /** What the user sees when it is done. */
  readonly doneTitle?: string | ((args: z.output<Parameters>) => string);
  /** Longest run of one call; `agent.toolTimeoutMs` unless given. */
  readonly timeoutMs?: number;
  /**
   * What it returns is what the model is told, as JSON unless it is a text. A thrown ToolError is told to the model and
   * the user; any other error is logged, and told in general words.
   */
  execute(args: z.output<Parameters>, context: ToolContext): unknown;
}

/** A tool that the page runs, by ChatKit's `onClientTool`. */
export interface ClientTool<Parameters extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly parameters?: Parameters;
}

/** Besides the reply, what a piece of work of an own agent may use. */
export interface AuthorWork {
  /** Whose conversation this is: a key for what is stored for the user. */
  readonly owner: string;
  /** Writes to the reply. */
  readonly reply: Reply;
  /** Lets the agent answer the thread as it is. Another agent or another input can be given. */
  runAgent(options?: RunAgentOptions): Piece<void>;
}

export interface RunAgentOptions {
  readonly agent?: SdkAgent;
  /** What the model is given in the place of the thread. */
  readonly input?: readonly AgentInputItem[];
}

// oxlint-disable-next-line typescript/no-explicit-any -- any context and any output
export type SdkAgent = Agent<any, any>;

/** A turn of an own agent. */
export interface AuthorTurn extends Turn, AuthorWork {}
/** An action of a widget or of the page that is answered with a stream. */
export interface AuthorAction extends ActionTurn, AuthorWork {}
export interface AuthorSyncAction extends SyncAction {
  readonly owner: string;
}
export interface AuthorFeedback extends Feedback {
  readonly owner: string;
}

/** What a generator yields, or nothing where everything is awaited. */
export type Written = AsyncIterable<ResponderEvent> | Promise<void> | void;

/** A file that has been uploaded and is about to be accepted. */
export interface UploadedFile {
  readonly id: string;
  readonly name: string;
  /** By its content. */
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** Nothing where the file is larger than `maxBytes`. */
  read(maxBytes: number): Promise<Uint8Array | undefined>;
}

export type UploadWork = Pick<ThreadWork, 'logger' | 'signal'> & { readonly owner: string };

/** @returns a reason for the user where the file is refused */
export type OnAttachment = (
  file: UploadedFile,
  work: UploadWork,
) => Promise<{ readonly refuse: string } | void> | { readonly refuse: string } | void;

type Tag = Extract<UserMessagePart, { type: 'input_tag' }>;
type Maybe<T> = T | undefined | Promise<T | undefined>;

/** How what a thread stores becomes what the model reads. Nothing: as usual. */
export interface ToModelInput {
  /** What a tag in a message stands for. */
  tag?(tag: Tag, turn: Turn): Maybe<string>;
  /** Words, or a part of a message: an image or a file. */
  attachment?(attachment: Attachment, turn: Turn): Maybe<string | AttachmentPart>;
  /** A whole item. An empty list leaves it out. */
  item?(item: ThreadItem, turn: Turn): Maybe<string | readonly AgentInputItem[]>;
}

export type AttachmentPart =
  | { readonly type: 'input_image'; readonly image: string; readonly detail?: string }
  | { readonly type: 'input_file'; readonly file: string; readonly filename?: string }
  | { readonly type: 'input_text'; readonly text: string };

/** What `agent.module` exports by default: `export default defineAgent({ … })`. Everything is optional. */
export interface AgentDefinition {
  /** In the place of the built-in one: an agent of `@openai/agents`, or what makes one for a turn. */
  readonly agent?: SdkAgent | ((turn: ToolContext) => SdkAgent | Promise<SdkAgent>);
  readonly name?: string;
  /** The system prompt; `agent.instructions` unless given. */
  readonly instructions?: string | ((turn: ToolContext) => string | Promise<string>);
  /** The model that answers unless the user picks another one; `agent.model` unless given. */
  readonly model?: string;
  readonly modelSettings?: ModelSettings;
  /** Beside those of `agent.tools`. Tools of `@openai/agents` are taken as they are. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each tool has parameters of its own
  readonly tools?: readonly (ServerTool<any> | Tool<any>)[];
  // oxlint-disable-next-line typescript/no-explicit-any -- each tool has parameters of its own
  readonly clientTools?: readonly ClientTool<any>[];
  readonly inputGuardrails?: readonly InputGuardrail[];
  readonly outputGuardrails?: readonly OutputGuardrail[];
  /** Writes the whole reply. `yield* turn.runAgent()` lets the agent do its part of it. */
  respond?(turn: AuthorTurn): Written;
  /** An action whose handler is `server`, answered with a stream. */
  onAction?(action: AuthorAction): Written;
  /** An action that is answered at once: the changed item, or the new widget of the sender. */
  onSyncAction?(action: AuthorSyncAction): Maybe<VisibleItem | WidgetState> | void | Promise<void>;
  /** Told after the feedback is stored. */
  onFeedback?(feedback: AuthorFeedback): void | Promise<void>;
  /** Told when an upload is complete, before it can be used in a message. */
  readonly onAttachment?: OnAttachment;
  readonly toModelInput?: ToModelInput;
  /** How the model's pictures and citations are shown. */
  readonly convert?: ReplyConverter;
  /** Titles a new thread; false: nobody does. `agent.titles` unless given. */
  readonly title?: boolean | ((message: string, turn: Turn) => Maybe<string>);
  /** Whether a reply can be stopped; true unless said otherwise. */
  readonly allowCancel?: boolean;
}

/** Types the default export of `agent.module`. It is checked when the module is loaded. */
export function defineAgent(definition: AgentDefinition): AgentDefinition {
  return definition;
}

/** Types a tool: the arguments of its functions come from `parameters`. */
export function defineTool<Parameters extends z.ZodObject = z.ZodObject>(
  tool: ServerTool<Parameters>,
): ServerTool<Parameters> {
  return tool;
}

export function defineClientTool<Parameters extends z.ZodObject = z.ZodObject>(
  tool: ClientTool<Parameters>,
): ClientTool<Parameters> {
  return tool;
}

/**
 * What a tool of `@openai/agents` may use, by the second argument of its `execute`.
 * @throws InvalidReplyError outside a reply of the gateway
 */
export function contextOf(run: { readonly context: unknown } | undefined): ToolContext {
  const context = run?.context;
  if (typeof context === 'object' && context !== null && 'reply' in context) return context as ToolContext;
  throw new InvalidReplyError('this tool does not run inside a reply of the gateway');
}
