import { setImmediate, setTimeout } from 'node:timers/promises';
import { Usage, type Model, type ModelRequest, type ModelResponse } from '@openai/agents-core';
import { createId } from '../../chatkit/ids.ts';
import type { ResponseDone, StreamEvent } from '../model/observed-model.ts';
import { planAnswer, type Plan, type Source } from './plan.ts';

/**
 * A model without a model: it answers plain requests about tasks, offline, always in the same way, so that a first
 * start shows a whole conversation.
 */
export function createDemoModel(options: { readonly delayMs: number }): Model {
  const { delayMs } = options;

  async function* stream(request: ModelRequest): AsyncGenerator<StreamEvent> {
    const { signal } = request;
    yield { type: 'response_started' };
    const plan = planAnswer(request);
    if ('text' in plan) {
      for (const word of plan.text.match(/\s*\S+\s*?(?=\s|$)|\s+$/g) ?? []) {
        await pause(delayMs, signal);
        yield { type: 'output_text_delta', delta: word };
      }
      for (const source of plan.sources ?? []) yield toCitation(source, plan.text.length);
    } else await pause(delayMs, signal);
    yield {
      type: 'response_done',
      response: { id: createId('run'), usage: usageOf(request, plan), output: outputOf(plan) },
    };
  }

  return {
    async getResponse(request): Promise<ModelResponse> {
      await pause(0, request.signal);
      const plan = planAnswer(request);
      return { usage: new Usage(usageOf(request, plan)), output: outputOf(plan) };
    },
    getStreamedResponse: stream,
  };
}

/** As a model of the Responses API cites a page. */
function toCitation({ title, url }: Source, end: number): StreamEvent {
  return {
    type: 'model',
    event: {
      type: 'response.output_text.annotation.added',
      content_index: 0,
      annotation: { type: 'url_citation', url, title, start_index: end, end_index: end },
    },
    providerData: { rawModelEventSource: 'openai-responses' },
  };
}

async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  await (delayMs > 0 ? setTimeout(delayMs, undefined, options) : setImmediate(undefined, options));
}

function outputOf(plan: Plan): ResponseDone['response']['output'] {
  if ('text' in plan) {
    return [
      {
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: plan.text }],
      },
    ];
  }
  return plan.calls.map((call) => ({
    type: 'function_call' as const,
    callId: createId('tool_call'),
    name: call.name,
    arguments: JSON.stringify(call.arguments),
    status: 'completed' as const,
  }));
}

/** A word counts as a token. */
function usageOf(request: ModelRequest, plan: Plan) {
  const inputTokens =
    words(request.systemInstructions ?? '') +
    words(typeof request.input === 'string' ? request.input : JSON.stringify(request.input));
  const outputTokens = words('text' in plan ? plan.text : JSON.stringify(plan.calls));
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function words(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
