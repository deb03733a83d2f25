import { defineAgent } from 'chatkit-gateway';

/** Looks at each file when its upload is complete, and may refuse it. */
export default defineAgent({
  async onAttachment(file, { logger }) {
    logger.info({ name: file.name, type: file.mimeType, bytes: file.sizeBytes }, 'a file came');
    const bytes = await file.read(100_000);
    if (bytes !== undefined && Buffer.from(bytes).includes('CONFIDENTIAL')) {
      return { refuse: 'This file is confidential.' };
    }
    return undefined;
  },
});
