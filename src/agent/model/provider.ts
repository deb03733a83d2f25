import type { Model, ModelProvider } from '@openai/agents-core';
import { OpenAIChatCompletionsModel, OpenAIResponsesModel } from '@openai/agents-openai';
import OpenAI from 'openai';
import type { Config } from '../../config/schema.ts';
import { createModelHttp } from './http.ts';

const OPENAI_URL = 'https://api.openai.com/v1';
/** Ollama and its like take any key, and the client wants one. */
const PLACEHOLDER_KEY = 'no-key';
/** Only before the first byte of an answer: a stream that has begun is never asked for again. */
const MAX_RETRIES = 2;

export interface OpenAIModels extends ModelProvider {
  getModel(name: string): Model;
  close(): Promise<void>;
}

/** Models of OpenAI or of any server that speaks as it does. */
export function createOpenAIModels(
  config: Config['agent'],
  options: { readonly maxRetries?: number | undefined } = {},
): OpenAIModels {
  const http = createModelHttp();
  const client = new OpenAI({
    apiKey: config.apiKey ?? PLACEHOLDER_KEY,
    baseURL: config.baseUrl ?? OPENAI_URL,
    ...(config.baseUrl === null ? {} : { organization: null, project: null }),
    maxRetries: options.maxRetries ?? MAX_RETRIES,
    timeout: config.requestTimeoutMs,
    // What it would print can hold pieces of conversations; failures are logged here.
    logLevel: 'off',
    fetch: http.fetch,
  });
  const models = new Map<string, Model>();
  return {
    getModel(name) {
      let model = models.get(name);
      if (model === undefined) {
        model =
          config.api === 'responses'
            ? new OpenAIResponsesModel(client, name)
            : new OpenAIChatCompletionsModel(client, name);
        models.set(name, model);
      }
      return model;
    },
    close: http.close,
  };
}
