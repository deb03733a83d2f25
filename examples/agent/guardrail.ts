import { defineAgent } from 'chatkit-gateway';

/** A check of what the model says. When it trips, everything that the reply has shown is taken back. */
export default defineAgent({
  outputGuardrails: [
    {
      name: 'no prices',
      async execute({ agentOutput }) {
        return { tripwireTriggered: /\d\s*€/.test(agentOutput), outputInfo: {} };
      },
    },
  ],
});
