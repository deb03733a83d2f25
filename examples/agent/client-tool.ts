import { defineAgent, defineClientTool } from 'chatkit-gateway';
import { z } from 'zod';

/**
 * A tool that the page runs in ChatKit's `onClientTool`. The reply ends with the call, and goes on when the page has
 * answered.
 */
const switchTheme = defineClientTool({
  name: 'switch_theme',
  description: 'Switches the theme of the page.',
  parameters: z.object({ theme: z.enum(['light', 'dark']) }),
});

export default defineAgent({ clientTools: [switchTheme] });
