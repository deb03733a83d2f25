import type { ResponderEvent, Turn } from 'chatkit-gateway/server';

/** Repeats what the user wrote, word by word. A model of your own goes here. */
export async function* echo(turn: Turn): AsyncGenerator<ResponderEvent> {
  const item = { ...turn.newItem('message'), type: 'assistant_message' as const };
  const question = (turn.input?.content ?? []).map(({ text }) => text).join('');
  const toPart = (text: string) => ({ type: 'output_text' as const, text, annotations: [] });
  yield { type: 'thread.item.added', item: { ...item, content: [toPart('')] } };
  for (const delta of question.split(/(?<= )/)) {
    const update = { type: 'assistant_message.content_part.text_delta' as const, content_index: 0, delta };
    yield { type: 'thread.item.updated', item_id: item.id, update };
  }
  yield { type: 'thread.item.done', item: { ...item, content: [toPart(question)] } };
}
