import { z } from 'zod';
import { defineClientTool } from './define-tool.ts';
import type { AgentTool } from './registry.ts';

/** For pages that handle the client tool `switch_theme` in `onClientTool`. */
export function createThemeTools(): readonly AgentTool[] {
  return [
    defineClientTool({
      name: 'switch_theme',
      description: 'Switch the page to its light or its dark theme.',
      parameters: z.object({ theme: z.enum(['light', 'dark']) }),
    }),
  ];
}
