import { AGENT_BEHAVIOURS } from './python-behaviours/agents.ts';
import { ICON_BEHAVIOURS, STORE_BEHAVIOURS, WIDGET_BEHAVIOURS } from './python-behaviours/others.ts';
import type { PythonBehaviour } from './python-behaviours/row.ts';
import { SERVER_BEHAVIOURS } from './python-behaviours/server.ts';

/**
 * Every test of openai-chatkit 1.6.5's own suite by its name, with the tests here that assert the same, or the reason
 * why it means nothing here. Where cases are many, the number of them is said.
 */
export const PYTHON_BEHAVIOURS: readonly PythonBehaviour[] = [
  ...SERVER_BEHAVIOURS,
  ...AGENT_BEHAVIOURS,
  ...STORE_BEHAVIOURS,
  ...WIDGET_BEHAVIOURS,
  ...ICON_BEHAVIOURS,
];
