import type { FunctionTool } from '@openai/agents-core';
import type { ResponderEvent } from '../../chatkit/protocol/events.ts';
import type { VisibleItem } from '../../chatkit/protocol/items.ts';
import type { ActionTurn, SyncAction, Turn } from '../../chatkit/responder.ts';
import type { Translate } from '../../texts/translator.ts';
import type { Reply } from '../module/reply.ts';

/** What a running tool may use: the turn that it belongs to, and the reply. */
export interface ToolContext extends Turn {
  /** Whose conversation this is: a key for what the tool stores. */
  readonly owner: string;
  /** Writes to the reply while the tool runs. */
  readonly reply: Reply;
  /** For the gateway's own use. */
  readonly run: ToolRun;
}

/** What the gateway knows of one run of the agent. */
export interface ToolRun {
  /** Ids of the calls that returned: whatever else comes back from a call is a failure. */
  readonly succeeded: Set<string>;
  /** Takes the cause of a failure that the model is only told in general words. */
  readonly onUnexpectedError: (tool: string, error: unknown) => void;
  /** Whether the run waits for the page or the user: the model is not asked again. */
  readonly isPaused: boolean;
  /** The same reply for one call alone: writing to it fails once the signal aborts. */
  replyFor(signal: AbortSignal): Reply;
  /**
   * Lets the page run a tool.
   * @returns why it does not, when the run waits for something else already
   */
  callPage(call: PageCall): string | undefined;
}

export interface PageCall {
  readonly callId: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

type Arguments = Readonly<Record<string, unknown>>;

/** A tool that the agent may call, and how a call of it is shown to the user. */
export interface AgentTool {
  readonly name: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- the parameters and the result are the tool's own
  readonly tool: FunctionTool<ToolContext, any, any>;
  /** While it runs, for example "Adding a task". */
  readonly activeTitle: (args: Arguments, translate: Translate) => string;
  /** When it is done, for example "Added a task". */
  readonly doneTitle: (args: Arguments, translate: Translate) => string;
  /** Whether the page runs it, and not the gateway. */
  readonly isClientTool?: boolean;
}

/** What actions of widgets do, by their type. */
export interface ActionHandlers {
  readonly streamed: Readonly<Record<string, (turn: ActionTurn) => AsyncIterable<ResponderEvent>>>;
  readonly sync: Readonly<Record<string, (action: SyncAction) => Promise<VisibleItem | undefined>>>;
}

export interface ToolRegistry {
  readonly names: ReadonlySet<string>;
  readonly tools: readonly AgentTool[];
  get(name: string): AgentTool | undefined;
  /** Whether a call is shown to the user as a step. */
  isShown(name: string): boolean;
}

/** How the SDK calls what hands a conversation to another agent, which is nobody's business but the agents'. */
const HANDOFF = /^transfer_to_/;

/** @throws when two sources bring a tool of the same name */
export function createToolRegistry(sources: readonly (readonly AgentTool[])[]): ToolRegistry {
  const byName = new Map<string, AgentTool>();
  for (const entry of sources.flat()) {
    if (byName.has(entry.name)) throw new Error(`two tools have the name ${entry.name}`);
    byName.set(entry.name, entry);
  }
  return {
    names: new Set(byName.keys()),
    tools: [...byName.values()],
    get: (name) => byName.get(name),
    isShown(name) {
      const known = byName.get(name);
      return known === undefined ? !HANDOFF.test(name) : known.isClientTool !== true;
    },
  };
}
