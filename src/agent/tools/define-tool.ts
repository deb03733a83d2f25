import { tool } from '@openai/agents-core';
import type { z } from 'zod';
import { warnOfForgotten } from '../module/reply.ts';
import type { AgentTool, ToolContext } from './registry.ts';
import { isToolError } from './tool-error.ts';

export interface ToolDefinition<Parameters extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly parameters: Parameters;
  readonly activeTitle: AgentTool['activeTitle'];
  readonly doneTitle: AgentTool['doneTitle'];
  readonly timeoutMs: number;
  /**
   * @param context `signal` aborts when the call takes too long or the reply is stopped
   * @returns what the model is told, as JSON unless it is a text
   */
  execute(args: z.infer<Parameters>, context: ToolContext): unknown;
}

const FAILED = 'The tool failed unexpectedly. Tell the user that it did not work.';
const WRONG_ARGUMENTS = 'The arguments of the call were not valid.';

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
      if (isToolError(error)) return error.message;
      if (isInputError(error)) return WRONG_ARGUMENTS;
      run.context.run.onUnexpectedError(name, error);
      return FAILED;
    },
    execute: async (args, context, details) => {
      if (context === undefined) throw new Error('a tool needs its run');
      const turn = context.context;
      const signal = details?.signal ?? AbortSignal.any([turn.signal, AbortSignal.timeout(timeoutMs)]);
      const reply = turn.run.replyFor(signal);
      const result = await definition.execute(args as z.infer<Parameters>, { ...turn, signal, reply });
      warnOfForgotten(reply, turn.logger, `the tool ${name}`);
      // A call that was stopped meanwhile has no one to report to.
      signal.throwIfAborted();
      const callId = details?.toolCall?.callId;
      if (callId !== undefined) turn.run.succeeded.add(callId);
      return typeof result === 'string' ? result : (JSON.stringify(result) ?? 'Done.');
    },
  });
  return { name, tool: sdkTool, activeTitle, doneTitle };
}

export interface ClientToolDefinition<Parameters extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly parameters: Parameters;
}

/**
 * A tool that the page runs. The reply ends with the call, and goes on when the page has sent what came of it. Of
 * several calls in one answer of the model the first is run, and the model is told that the others were not.
 */
export function defineClientTool<Parameters extends z.ZodObject>({
  name,
  description,
  parameters,
}: ClientToolDefinition<Parameters>): AgentTool {
  const sdkTool = tool<z.ZodObject, ToolContext>({
    name,
    description,
    parameters,
    errorFunction: (run, error) => {
      if (isInputError(error)) return WRONG_ARGUMENTS;
      run.context.run.onUnexpectedError(name, error);
      return FAILED;
    },
    execute: (args, context, details) => {
      const callId = details?.toolCall?.callId;
      if (context === undefined || callId === undefined) throw new Error('a tool needs its run');
      return context.context.run.callPage({ callId, name, arguments: args }) ?? 'The page has been asked.';
    },
  });
  const shown = () => `Using ${name}`;
  return { name, tool: sdkTool, activeTitle: shown, doneTitle: shown, isClientTool: true };
}

function isInputError(error: unknown): boolean {
  return error instanceof Error && error.name === 'InvalidToolInputError';
}
