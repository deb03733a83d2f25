import type { Model } from '@openai/agents-core';
import { pino } from 'pino';
import { createAgentResponder, type AgentResponder } from '../../src/agent/agent-responder.ts';
import type { AgentOverrides } from '../../src/agent/engine.ts';
import type { AgentDefinition } from '../../src/agent/module/definition.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createEvents } from '../../src/observability/events.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';

export interface TestAgent extends AsyncDisposable {
  readonly responder: AgentResponder;
  readonly store: Store;
  readonly metrics: Metrics;
  /** The value of a counter, by its labels. */
  count(name: 'tokens' | 'toolCalls', labels: Record<string, string>): Promise<number>;
}

export interface TestAgentOptions {
  /** Keys of `agent` in the configuration. */
  readonly config?: Record<string, unknown>;
  /** Answers instead of the models of the configuration. */
  readonly model?: Model;
  readonly overrides?: AgentOverrides;
  /** What a module of the configuration would say. */
  readonly definition?: AgentDefinition;
}

/** The built-in agent over a real store in memory. Titles are off unless a test asks for them. */
export async function createTestAgent(options: TestAgentOptions = {}): Promise<TestAgent> {
  const { model } = options;
  const logger = pino({ level: 'silent' });
  const metrics = createMetrics();
  const store = await openStore({ url: 'sqlite::memory:', poolSize: 1, timeoutMs: 5_000, logger });
  const { agent: config, attachments } = configSchema.parse({ agent: { titles: false, ...options.config } });
  const responder = createAgentResponder({
    config,
    files: attachments.model,
    tasks: store.tasks,
    events: createEvents({ metrics }),
    logger,
    definition: options.definition,
    overrides: {
      demoDelayMs: 0,
      maxRetries: 0,
      ...(model === undefined ? {} : { modelProvider: { getModel: () => model } }),
      ...options.overrides,
    },
  });
  return {
    responder,
    store,
    metrics,
    async count(name, labels) {
      const { values } = await metrics[name].get();
      const isWanted = (found: Partial<Record<string, string | number>>) =>
        Object.entries(labels).every(([key, value]) => found[key] === value);
      return values.filter((value) => isWanted(value.labels)).reduce((sum, { value }) => sum + value, 0);
    },
    async [Symbol.asyncDispose]() {
      await responder[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
