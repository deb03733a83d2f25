import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Turn } from '../../src/chatkit/responder.ts';
import { action, card, checkbox, markdown, row, text } from '../../src/widgets/builders.ts';
import { growWidget, streamWidget, type WidgetState } from '../../src/widgets/stream-widget.ts';
import { widgetFromFile } from '../../src/widgets/widget-file.ts';
import { createConformantClient, type ConformantClient } from '../support/conformant-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startOracle, type Oracle } from '../support/oracle.ts';
import { create, getThread } from '../support/requests.ts';
import { createScriptedResponder } from '../support/scripted-responder.ts';

const responder = createScriptedResponder();
let oracle: Oracle;
let gateway: TestGateway;
let client: ConformantClient;

beforeAll(async () => {
  [oracle, gateway] = await Promise.all([startOracle(), startGateway({ responder })]);
  client = createConformantClient(await gateway.signIn(), oracle);
});
afterAll(async () => {
  await gateway?.stop();
  await oracle?.[Symbol.asyncDispose]();
});

const show = (turn: Turn, widget: WidgetState | AsyncIterable<WidgetState>) =>
  streamWidget(turn.newItem('widget'), widget, {
    signal: turn.signal,
    onLateError: (error) => turn.logger.warn({ err: error }, 'a widget failed late'),
    copyText: 'a widget',
  });

async function played(name: string, widget: (turn: Turn) => WidgetState | AsyncIterable<WidgetState>) {
  responder.on(name, (turn) => show(turn, widget(turn)));
  const events: any[] = await client.send(create(name));
  const { items } = await client.send(getThread(events[0].thread.id));
  return { events: events.slice(3), stored: items.data.filter(({ type }: any) => type === 'widget') };
}

it('a text that is written into a widget reaches the client as what was added, and is kept', async () => {
  async function* pieces() {
    yield* ['Hel', 'lo 🙂', '!'];
  }
  const { events, stored } = await played('grow', () =>
    growWidget(pieces(), (value, streaming) => card([row([markdown(value, { id: 'body', streaming })])])),
  );
  const deltas = events.flatMap(({ update }) => update?.delta ?? []);
  expect(deltas.join('')).toBe('Hello 🙂!');
  expect(events.at(-1)).toMatchObject({ type: 'thread.item.done', item: { copy_text: 'a widget' } });
  expect(stored).toEqual([events.at(-1).item]);
  expect(stored[0].widget.children[0].children[0]).toMatchObject({ value: 'Hello 🙂!', streaming: false });
});

it('other changes reach it as the whole widget', async () => {
  async function* states() {
    for (const done of [false, true]) {
      yield card([
        checkbox('task', { defaultChecked: done, onChangeAction: action('toggle', { done }) }),
        text('a'),
      ]);
    }
  }
  const { events, stored } = await played('change', states);
  expect(events.map(({ type, update }) => update?.type ?? type)).toEqual([
    'thread.item.added',
    'widget.root.updated',
    'thread.item.done',
  ]);
  expect(stored[0].widget).toEqual(events[1].update.widget);
});

it('the widget of a file is sent and kept as the reference builds it', async () => {
  const forecast = widgetFromFile(
    fileURLToPath(new URL('../../examples/agent/widgets/tasks-chart.widget', import.meta.url)),
  );
  const data = { title: 'Week', days: [{ day: 'mon', created: 3, done: 1, open: 4 }] };
  const { stored } = await played('file', () => forecast.build(data));
  expect(stored).toMatchObject([{ widget: forecast.build(data) }]);
});

it('a widget that fails in the middle is kept as it was, and the reply fails', async () => {
  async function* states() {
    yield card([text('a', { id: 't', streaming: true })]);
    throw new Error('the source broke');
  }
  const { events, stored } = await played('fail', states);
  expect(events.map(({ type }) => type)).toEqual(['thread.item.added', 'thread.item.done', 'error']);
  expect(JSON.stringify(events)).not.toContain('the source broke');
  expect(stored[0].widget.children).toEqual([{ type: 'Text', value: 'a', id: 't', streaming: false }]);
});

it('a widget with a mistake fails the reply, and tells the user nothing of the mistake', async () => {
  const { events, stored } = await played(
    'wrong',
    () => ({ type: 'Card', childen: [] }) as unknown as WidgetState,
  );
  expect(events).toMatchObject([{ type: 'error', code: 'stream.error' }]);
  expect(JSON.stringify(events)).not.toContain('childen');
  expect(stored).toEqual([]);
});
