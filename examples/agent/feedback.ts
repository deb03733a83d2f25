import { appendFile } from 'node:fs/promises';
import { defineAgent } from 'chatkit-gateway';

/** Told when a user likes or dislikes a reply. */
export default defineAgent({
  async onFeedback({ itemIds, kind, owner, logger }) {
    logger.info({ itemIds, kind }, 'feedback');
    const file = process.env['FEEDBACK_FILE'];
    if (file !== undefined) await appendFile(file, `${JSON.stringify({ owner, itemIds, kind })}\n`);
  },
});
