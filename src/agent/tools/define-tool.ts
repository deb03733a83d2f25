import { tool } from '@openai/agents-core';
import type { z } from 'zod';
import type { AgentTool, ToolContext } from './registry.ts';

/** A failure that the model and the user may read about. */
export class ToolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ToolError';
  }
}

export interface ToolDefinition<Parameters extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly parameters: Parameters;
  readonly activeTitle: AgentTool['activeTitle'];
  readonly doneTitle: AgentTool['doneTitle'];
  readonly timeoutMs: number;
  /** @returns what the model is told, as JSON */
  execute(args: z.infer<Parameters>, context: ToolContext, signal: AbortSignal): Promise<object>;
}

const FAILED = 'The tool failed unexpectedly. Tell the user that it did not work.';

export function defineTool<Parameters extends z.ZodObject>(
  definition: ToolDefinition<Parameters>,
): AgentTool {
  const { name, description, activeTitle, doneTitle, timeoutMs } = definition;
  const sdkTool = tool<z.ZodObject, ToolContext>({
    name,
    description,
    parameters: definition.parameters,
    timeoutMs,
    timeoutErrorFunction: () => 'The tool took too long and was stopped.',
    errorFunction: (run, error) => {
      if (error instanceof ToolError) return error.message;
      if (error instanceof Error && error.name === 'InvalidToolInputError') {
        return 'The arguments of the call were not valid.';
      }
      run.context.onUnexpectedError(name, error);
      return FAILED;
    },
    execute: async (args, run, details) => {
      if (run === undefined) throw new Error('a tool needs its run');
      const signal = details?.signal ?? AbortSignal.timeout(timeoutMs);
      const result = await definition.execute(args as z.infer<Parameters>, run.context, signal);
      // A call that was stopped meanwhile has no one to report to.
      signal.throwIfAborted();
      const callId = details?.toolCall?.callId;
      if (callId !== undefined) run.context.succeeded.add(callId);
      return JSON.stringify(result);
    },
  });
  return { name, tool: sdkTool, activeTitle, doneTitle };
}
