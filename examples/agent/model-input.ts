import { defineAgent } from 'chatkit-gateway';

const customers = new Map([['c-7', 'Ada Ltd, pays late']]);

/** What the model reads for tags, attached files and whole items. Nothing returned: as usual. */
export default defineAgent({
  toModelInput: {
    tag: (tag) => customers.get(tag.id),
    attachment: (file) =>
      file.mime_type === 'application/pdf' ? `The user attached the contract ${file.name}.` : undefined,
    // The model need not read what a widget looks like.
    item: (item) => (item.type === 'widget' ? [] : undefined),
  },
});
