import type { AgentInputItem } from '@openai/agents-core';
import type { UserMessageItem, UserMessagePart } from '../../chatkit/protocol/items.ts';
import { nameOf, type AttachedFile, type AttachedFiles } from './attached-files.ts';
import { toContext } from './context.ts';
import { toJson } from './tool-names.ts';

type Tag = Extract<UserMessagePart, { type: 'input_tag' }>;

/** The message itself, and one more that says what each distinct tag in it stands for. */
export function fromUserMessage(
  item: UserMessageItem,
  options: { readonly isLast: boolean; readonly files: AttachedFiles },
): AgentInputItem[] {
  const text = item.content.map((part) => (part.type === 'input_tag' ? `@${part.text}` : part.text)).join('');
  const lines = [text];
  // An earlier quotation was about an earlier message: repeated, it would draw the model back to it.
  if (options.isLast && item.quoted_text !== undefined && item.quoted_text !== '') {
    lines.push(`The user quotes this passage of the conversation:\n${item.quoted_text}`);
  }
  const words = (text === '' ? lines.slice(1) : lines).join('\n\n');
  const content = item.attachments.length === 0 ? words : withFiles(words, item.attachments, options.files);
  const input: AgentInputItem[] = [{ role: 'user', content }];
  const tags = distinctTags(item.content);
  if (tags.length > 0) input.push({ role: 'user', content: tagContext(tags) });
  return input;
}

/** The words of the user stand first and alone: what follows them is not what the user wrote. */
function withFiles(words: string, attachments: UserMessageItem['attachments'], files: AttachedFiles) {
  const attached = attachments.map(
    (each): AttachedFile => files.get(each.id) ?? { text: `[${nameOf(each)}]` },
  );
  return [
    ...(words === '' ? [] : [{ type: 'input_text' as const, text: words }]),
    ...attached.flatMap(({ text, part }) => [
      { type: 'input_text' as const, text },
      ...(part === undefined ? [] : [part]),
    ]),
  ];
}

function distinctTags(parts: readonly UserMessagePart[]): Tag[] {
  const tags = new Map<string, Tag>();
  for (const part of parts) {
    if (part.type === 'input_tag') tags.set(toJson([part.text, part.id, part.data]), part);
  }
  return [...tags.values()];
}

function tagContext(tags: readonly Tag[]): string {
  const lines = tags.map((tag) => `@${tag.text}: ${toJson({ id: tag.id, ...tag.data })}`);
  return toContext(`The tags in the message above stand for:\n${lines.join('\n')}`);
}
