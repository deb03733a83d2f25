import type { TaskRecord } from '../../store/task-store.ts';
import type { Translate } from '../../texts/translator.ts';
import * as w from '../../widgets/builders.ts';
import type { Widget } from '../../widgets/components.ts';
import { ADD, TOGGLE } from './names.ts';

/** A card that is longer would hide the conversation. */
const MAX_SHOWN = 50;

/** The field of a task's check box. */
export function fieldOf(taskId: string): string {
  return `done_${taskId}`;
}

/** The tasks with a check box each, and a form for one more. */
export function taskCard(tasks: readonly TaskRecord[], translate: Translate): Widget {
  const shown = tasks.slice(-MAX_SHOWN);
  const hidden = tasks.length - shown.length;
  return w.card({ size: 'md' }, [
    w.row({ justify: 'between' }, [
      w.title(translate('Tasks'), { size: 'sm' }),
      w.badge(`${tasks.filter((task) => task.completed).length}/${tasks.length}`),
    ]),
    ...(tasks.length === 0 ? [w.text(translate('There is nothing to do yet.'), { color: 'secondary' })] : []),
    hidden > 0 && w.caption(translate('and {count} more', { count: hidden })),
    ...shown.map((task) =>
      w.checkbox(fieldOf(task.id), {
        key: task.id,
        label: task.title,
        defaultChecked: task.completed,
        onChangeAction: w.action(TOGGLE, { id: task.id }, { streaming: false, loadingBehavior: 'none' }),
      }),
    ),
    w.divider(),
    w.form({ onSubmitAction: w.action(ADD), direction: 'row', gap: 2 }, [
      w.input('title', { placeholder: translate('What is to be done?'), required: true }),
      w.button(translate('Add'), { submit: true, iconStart: 'plus' }),
    ]),
  ]);
}

/** How many tasks are open and how many are done. */
export function taskChart(tasks: readonly TaskRecord[], translate: Translate): Widget {
  const done = tasks.filter((task) => task.completed).length;
  return w.card({ size: 'md' }, [
    w.title(translate('Tasks'), { size: 'sm' }),
    w.chart({
      data: [
        { state: translate('Open'), tasks: tasks.length - done },
        { state: translate('Done'), tasks: done },
      ],
      series: [{ type: 'bar', dataKey: 'tasks', label: translate('Tasks') }],
      xAxis: { dataKey: 'state' },
      showYAxis: true,
      showTooltip: true,
      height: 220,
    }),
  ]);
}

/** The same in words, for the copy button and for models. */
export function taskLines(tasks: readonly TaskRecord[]): string {
  return tasks.map((task) => `${task.completed ? '[x]' : '[ ]'} ${task.title}`).join('\n');
}
