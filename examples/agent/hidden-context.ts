import { defineAgent } from 'chatkit-gateway';

/** What the model is to know and the user does not see: here, which page of the application is open. */
export default defineAgent({
  async *respond({ thread, reply, runAgent }) {
    if (thread.metadata['greeted'] !== true) {
      yield* reply.hidden('The user is looking at the invoice of March.');
      thread.metadata = { ...thread.metadata, greeted: true };
    }
    yield* runAgent();
  },
});
