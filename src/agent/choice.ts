import type { UserMessageItem } from '../chatkit/protocol/items.ts';
import { GatewayError } from '../errors/gateway-error.ts';

/** What a user may pick for one message. */
export type InferenceOptions = UserMessageItem['inference_options'];

export interface Choice {
  readonly model: string;
  /** Name of the tool that the model must call first. */
  readonly tool?: string | undefined;
}

export interface Choices {
  /** The first one answers when the user picked none. */
  readonly models: readonly [string, ...string[]];
  readonly tools: ReadonlySet<string>;
}

/** @throws GatewayError `model-not-allowed` or `tool-not-allowed` */
export function requireChoice(choices: Choices, options: InferenceOptions): Choice {
  const { model, tool_choice: tool } = options;
  if (model !== undefined && !choices.models.includes(model)) {
    throw new GatewayError('model-not-allowed', {
      detail: `Choose one of these models: ${choices.models.join(', ')}.`,
    });
  }
  if (tool !== undefined && !choices.tools.has(tool.id)) {
    throw new GatewayError('tool-not-allowed', {
      detail:
        choices.tools.size === 0
          ? 'This assistant has no tools.'
          : `Choose one of these tools: ${[...choices.tools].join(', ')}.`,
    });
  }
  return { model: model ?? choices.models[0], tool: tool?.id };
}

/** For a stored message, whose choice may have left the allow-list since: then the default answers. */
export function toChoice(choices: Choices, options: InferenceOptions): Choice {
  const { model, tool_choice: tool } = options;
  return {
    model: model !== undefined && choices.models.includes(model) ? model : choices.models[0],
    tool: tool !== undefined && choices.tools.has(tool.id) ? tool.id : undefined,
  };
}
