/** An event of either side, its ids and times made alike. */
export type Plain = Record<string, any>;

/** What is the other way here than in openai-chatkit, and why that is better. */
export interface Difference {
  readonly name: string;
  readonly reason: string;
  /** Takes the difference out of a transcript of either side. */
  level(events: readonly Plain[]): Plain[];
}

const isTaskUpdate = (event: Plain) => String(event['update']?.type).startsWith('workflow.task.');
const isPartUpdate = (event: Plain, type: string) =>
  event['update']?.type === `assistant_message.content_part.${type}`;
const isItem = (event: Plain, type: string) => event['item']?.type === type;

const withTasks = (event: Plain, change: (task: Plain) => Plain): Plain => {
  if (event['update']?.task !== undefined) {
    return { ...event, update: { ...event['update'], task: change(event['update'].task) } };
  }
  if (!isItem(event, 'workflow')) return event;
  const { item } = event;
  return {
    ...event,
    item: { ...item, workflow: { ...item.workflow, tasks: item.workflow.tasks.map(change) } },
  };
};

const withTaskList = (event: Plain, change: (tasks: Plain[]) => Plain[]): Plain => {
  const { item } = event;
  return {
    ...event,
    item: { ...item, workflow: { ...item.workflow, tasks: change(item.workflow.tasks) } },
  };
};

export const AGENT_STREAM_DIFFERENCES: readonly Difference[] = [
  {
    name: 'the state of a thought',
    reason: 'The reference never says that a thought is going on or complete, so none is ever shown as such.',
    level: (events) =>
      events.map((event) => withTasks(event, (task) => ({ ...task, status_indicator: 'none' }))),
  },
  {
    name: 'raw thoughts',
    reason:
      'Open models tell their thoughts as they are, without a summary. The reference shows that they think, and not what.',
    level(events) {
      const isRaw = (task: Plain | undefined) =>
        task?.['content'] === 'I think.' || task?.['content'] === 'I ';
      return events
        .filter((event) => !isRaw(event['update']?.task))
        .map((event) =>
          isItem(event, 'workflow')
            ? withTaskList(event, (tasks) => tasks.filter((task) => !isRaw(task)))
            : event,
        );
    },
  },
  {
    name: 'how a thought grows',
    reason:
      'The reference streams the first thought only, once more in full with every delta, which is quadratic; here every ' +
      'thought streams, in steps that grow with it. Where it begins and what it ends as is the same.',
    level(events) {
      const lastOf = new Map<string, Plain>();
      for (const event of events.filter(isTaskUpdate)) {
        lastOf.set(`${event['item_id']}/${event['update'].task_index}`, event['update'].task);
      }
      return events
        .filter((event) => event['update']?.type !== 'workflow.task.updated')
        .map((event) =>
          event['update']?.type === 'workflow.task.added'
            ? {
                ...event,
                update: {
                  ...event['update'],
                  task: lastOf.get(`${event['item_id']}/${event['update'].task_index}`),
                },
              }
            : event,
        );
    },
  },
  {
    name: 'tools of the model server',
    reason:
      'The reference shows nothing of a search of the web or of files, of code that ran or of a tool of an MCP server; ' +
      'here each is a task of the workflow.',
    level: (events) =>
      events
        .filter((event) => !isTaskUpdate(event) || event['update'].task.type === 'thought')
        .map((event) =>
          isItem(event, 'workflow')
            ? withTaskList(event, (tasks) => tasks.filter(({ type }) => type === 'thought'))
            : event,
        ),
  },
  {
    name: 'a workflow ends before a picture',
    reason:
      'A workflow that stays open while a picture is shown says that the model still thinks. In the reference it ends with ' +
      'the next message.',
    level(events) {
      const done = events.filter(
        (event) => event['type'] === 'thread.item.done' && isItem(event, 'workflow'),
      );
      const rest = events.filter((event) => !done.includes(event));
      return [...rest, ...done];
    },
  },
  {
    name: 'annotations at the end of a part',
    reason: 'The reference ends a part without its annotations and sends them with the whole message again.',
    level: (events) =>
      events.map((event) =>
        isPartUpdate(event, 'done')
          ? {
              ...event,
              update: { ...event['update'], content: { ...event['update'].content, annotations: [] } },
            }
          : event,
      ),
  },
  {
    name: 'a refusal streams',
    reason: 'The reference shows a refusal only when it is complete, and never ends its part.',
    level(events) {
      const refused = events.some(
        ({ update }) => update?.content?.text === 'I will not.' || update?.delta === 'I will',
      );
      const says = events.some(({ item }) => item?.content?.[0]?.text === 'I will not.');
      return refused || says
        ? events.filter((event) => !isPartUpdate(event, 'text_delta') && !isPartUpdate(event, 'done'))
        : [...events];
    },
  },
  {
    name: 'a picture that failed',
    reason: 'The reference leaves a picture that never comes open; here it is taken away.',
    level(events) {
      const ended = new Set(
        events.filter((event) => event['type'] === 'thread.item.done').map(({ item }) => item.id),
      );
      const failed = new Set(
        events
          .filter((event) => isItem(event, 'generated_image') && !ended.has(event['item'].id))
          .map(({ item }) => item.id),
      );
      return events.filter(({ item, item_id }) => !failed.has(item?.id ?? item_id));
    },
  },
  {
    name: 'the name of a picture',
    reason: "The reference takes the model's own id, which another server may give to every picture.",
    level: (events) =>
      events.map((event) => {
        const plain = structuredClone(event);
        if (plain['update']?.image !== undefined) plain['update'].image.id = 'image';
        if (plain['item']?.image !== undefined) plain['item'].image.id = 'image';
        return plain;
      }),
  },
];
