import type { Tool } from '@openai/agents-core';
import { z } from 'zod';
import type { AgentDefinition, ServerTool } from '../module/definition.ts';
import { isSdkTool } from '../module/read-definition.ts';
import { defineClientTool, defineTool } from './define-tool.ts';
import type { AgentTool, ToolContext } from './registry.ts';

/** What a module brings: its own tools, and those of the SDK as they are. */
export interface ModuleTools {
  readonly own: readonly AgentTool[];
  readonly others: readonly Tool<ToolContext>[];
}

const NOTHING = z.object({});

export function toModuleTools(
  { tools = [], clientTools = [] }: AgentDefinition,
  timeoutMs: number,
): ModuleTools {
  const own: AgentTool[] = [];
  const others: Tool<ToolContext>[] = [];
  for (const tool of tools) {
    if (isSdkTool(tool)) others.push(tool as Tool<ToolContext>);
    else own.push(toAgentTool(tool as ServerTool, timeoutMs));
  }
  for (const { name, description, parameters = NOTHING } of clientTools) {
    own.push(defineClientTool({ name, description, parameters: parameters as z.ZodObject }));
  }
  return { own, others };
}

function toAgentTool(tool: ServerTool, timeoutMs: number): AgentTool {
  const titleOf =
    (title: ServerTool['activeTitle']): AgentTool['activeTitle'] =>
    (args, translate) => {
      const own = typeof title === 'function' ? title(args) : title;
      return own ?? translate('Using {tool}', { tool: tool.name });
    };
  return defineTool({
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters ?? NOTHING,
    activeTitle: titleOf(tool.activeTitle),
    doneTitle: titleOf(tool.doneTitle ?? tool.activeTitle),
    timeoutMs: tool.timeoutMs ?? timeoutMs,
    execute: (args, context) => tool.execute(args, context),
  });
}
