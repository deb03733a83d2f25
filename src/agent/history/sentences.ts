import type { VisibleItem } from '../../chatkit/protocol/items.ts';
import type { Task } from '../../chatkit/protocol/tasks.ts';

type StructuredInputItem = Extract<VisibleItem, { type: 'structured_input' }>;

/** A finished piece of work in one sentence, or nothing when there is nothing to say about it. */
export function taskSentence(task: Task): string | undefined {
  switch (task.type) {
    case 'custom':
      return sentence(task.title, task.content);
    case 'web_search':
      return sentence(task.title ?? task.title_query, task.queries.join(', '));
    case 'file':
      return sentence(task.title, task.sources.map((source) => source.filename).join(', '));
    case 'image':
      return sentence(task.title, undefined);
    case 'thought':
      // What a model thought is not something that it said: some servers refuse it as input.
      return undefined;
  }
}

function sentence(title: string | undefined, content: string | undefined): string | undefined {
  const words = [title, content].filter((part) => part !== undefined && part !== '').join(': ');
  return words === '' ? undefined : `This was shown to the user as a step of the work: ${words}`;
}

export const FORM_FILLED_IN = 'The user was asked to fill in a form.';

/** The form as question and answer lines. */
export function structuredInputText(item: StructuredInputItem): string {
  const lines = item.inputs.map(({ question, answer }) => {
    const values = answer === undefined || answer.skipped ? [] : answer.values;
    const state = item.status === 'pending' ? '(not answered yet)' : '(skipped)';
    return `Question: ${question}\nAnswer: ${values.length > 0 ? values.join(', ') : state}`;
  });
  return `${FORM_FILLED_IN}\n${lines.join('\n')}`;
}
