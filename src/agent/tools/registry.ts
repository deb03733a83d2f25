import type { FunctionTool } from '@openai/agents-core';
import type { z } from 'zod';
import type { Translate } from '../../texts/translator.ts';

/** What a running tool may use. One per reply. */
export interface ToolContext {
  readonly owner: string;
  /** Ids of the calls that returned: whatever else comes back from a call is a failure. */
  readonly succeeded: Set<string>;
  /** Takes the cause of a failure that the model is only told in general words. */
  readonly onUnexpectedError: (tool: string, error: unknown) => void;
}

type Arguments = Readonly<Record<string, unknown>>;

/** A tool that the agent may call, and how a call of it is shown to the user. */
export interface AgentTool {
  readonly name: string;
  readonly tool: FunctionTool<ToolContext, z.ZodObject, string>;
  /** While it runs, for example "Adding a task". */
  readonly activeTitle: (args: Arguments, translate: Translate) => string;
  /** When it is done, for example "Added a task". */
  readonly doneTitle: (args: Arguments, translate: Translate) => string;
}

export interface ToolRegistry {
  readonly names: ReadonlySet<string>;
  readonly tools: readonly AgentTool[];
  get(name: string): AgentTool | undefined;
}

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
  };
}
