import { isDeepStrictEqual } from 'node:util';
import type { Exchange } from './transcript.ts';
import {
  edit,
  filterItems,
  isItem,
  leftOpen,
  revive,
  withoutLost,
  withoutTitle,
  type Memory,
  type PlayedMove,
  type Sides,
} from './settle.ts';

/** Something that the gateway does otherwise than chatkit-python, on purpose. */
export interface Difference {
  readonly id: string;
  readonly what: string;
  readonly why: string;
  /** After it the two have different conversations, which are not compared any more. */
  readonly parts?: true;
  /** Looks at every exchange, for what it means later. */
  remember?(sides: Sides, memory: Memory, move: PlayedMove): void;
  /** Takes this difference out of both sides, where it is. Called while they differ. */
  settle(sides: Sides, memory: Memory, move: PlayedMove): void;
}

/** The reference has no answer of this kind, where the gateway has a problem of this code. */
interface Refusal {
  readonly code: string;
  readonly instead: (reference: Exchange) => boolean;
}

const has = (exchange: Exchange, failure: string) => exchange.failure === failure;
/** A stream of a run, whatever came of it. */
const isAnswered = (exchange: Exchange) => exchange.status === 200 && exchange.failure === undefined;

function refused(id: string, what: string, why: string, refusals: readonly Refusal[]): Difference {
  return {
    id,
    what,
    why,
    settle(sides) {
      const refusal = refusals.find(({ code }) => code === sides.ours.failure && sides.ours.status >= 400);
      if (refusal?.instead(sides.reference) === true) sides.ours = sides.reference;
    },
  };
}
const parted = (difference: Difference): Difference => ({ ...difference, parts: true });

const HIDDEN = new Set(['hidden_context_item', 'sdk_hidden_context']);
const ENDS = new Set(['thread.item.done', 'thread.item.removed']);
const isItemList = (each: any): each is any[] => Array.isArray(each) && each.length > 1 && each.every(isItem);
const stepsOf = ({ program }: PlayedMove): readonly any[] => program ?? [];

const OF_ANSWERS: Difference[] = [
  {
    id: 'times-have-an-offset',
    what: 'The reference writes its own times without an offset.',
    why: 'A browser elsewhere would read them as its own local time.',
    settle(sides) {
      sides.reference = revive(sides.reference, (_key, each) => (each === 'now, somewhere' ? 'now' : each));
    },
  },
  {
    id: 'a-page-names-its-end',
    what: 'Pages have `after` also when there is no more; the store of the reference leaves it out.',
    why: 'A client that looks for later items can go on from it. The protocol leaves it to the store.',
    settle(sides) {
      sides.ours = edit(sides.ours, (value) =>
        revive(value, (_key, each) => {
          if (!Array.isArray(each?.data) || each.has_more !== false) return each;
          const { after: _after, ...page } = each;
          return page;
        }),
      );
    },
  },
  {
    id: 'nulls-are-values',
    what: 'A tool that returned null has the output null, and an action the payload null; the reference has none.',
    why: 'It is a value of somebody else, and not the same as nothing.',
    settle(sides) {
      const isAction = (each: any) => typeof each?.type === 'string' && Object.keys(each).length === 2;
      sides.ours = edit(sides.ours, (value) =>
        revive(value, (key, each) => {
          if (isItem(each) && each.output === null) return { ...each, output: undefined };
          if (key === 'action' && isAction(each) && each.payload === null) return { type: each.type };
          return each;
        }),
      );
    },
  },
];

const cut = (failure: string) => (reference: Exchange) =>
  has(reference, failure) && (reference.status === 500 || (reference.frames?.length ?? 0) <= 1);

const OF_REFUSALS: Difference[] = [
  refused(
    'failures-are-statuses',
    'Where there is no run, the reference cuts a stream with status 200, or fails with 500.',
    'A client can show and repair only what it is told.',
    [
      { code: 'thread-not-found', instead: cut('NotFoundError') },
      { code: 'item-not-found', instead: cut('NotFoundError') },
      { code: 'attachment-not-found', instead: cut('NotFoundError') },
      { code: 'no-pending-tool-call', instead: cut('ValueError') },
      { code: 'item-not-answerable', instead: cut('ValueError') },
      { code: 'structured-input-closed', instead: cut('ValueError') },
      { code: 'item-not-retryable', instead: cut('ValueError') },
      { code: 'item-not-actionable', instead: cut('ValueError') },
      { code: 'invalid-request', instead: (reference) => has(reference, 'ValidationError') },
      { code: 'unknown-operation', instead: (reference) => has(reference, 'ValidationError') },
      { code: 'internal', instead: (reference) => reference.status === 500 },
      { code: 'reply-failed', instead: (reference) => reference.status === 500 },
    ],
  ),
  refused(
    'a-retry-of-nothing-fails',
    'The reference answers the retry of an item that is not there with an empty stream.',
    'The client would wait for a reply that never comes.',
    [{ code: 'item-not-found', instead: ({ frames }) => frames?.length === 0 }],
  ),
  refused(
    'only-a-widget-acts',
    'An action of an item that is no widget is a status; the reference sends a lone error event.',
    'It is the mistake of the caller, known before anything is done.',
    [
      {
        code: 'item-not-actionable',
        instead: ({ frames }) => frames?.length === 1 && frames[0].type === 'error',
      },
    ],
  ),
  parted(
    refused(
      'a-locked-thread-takes-nothing',
      'The gateway refuses work in a locked or closed thread; the reference only shows the lock.',
      'A lock that only the page keeps is none.',
      [
        { code: 'thread-locked', instead: () => true },
        { code: 'thread-closed', instead: () => true },
      ],
    ),
  ),
  parted(
    refused(
      'one-reply-at-a-time',
      'A second message, while a reply is written in the thread, is refused; the reference writes both.',
      'Two replies at once read each other half written, and their items mix.',
      [{ code: 'run-in-progress', instead: isAnswered }],
    ),
  ),
  parted(
    refused(
      'input-has-bounds',
      'A message without text, a title of more than 500 characters and a negative limit are refused.',
      'A model has nothing to answer, each list sends the titles, and a page has a size.',
      [{ code: 'invalid-request', instead: isAnswered }],
    ),
  ),
  parted(
    refused(
      'choices-are-on-offer',
      'A model or a tool that is not on offer is refused; the reference leaves that to the responder.',
      'What a caller may spend is not for the caller to say.',
      [{ code: 'model-not-allowed', instead: isAnswered }],
    ),
  ),
  refused(
    'a-cursor-is-known',
    'A cursor that names no record is refused; the store of the reference begins anew.',
    'A client that walks through pages would never end.',
    [{ code: 'invalid-cursor', instead: isAnswered }],
  ),
  refused(
    'feedback-is-of-items',
    'Feedback of an item that is not there is refused; the reference does not look.',
    'Nobody can learn from an opinion of nothing.',
    [{ code: 'item-not-found', instead: ({ json }) => json !== undefined }],
  ),
];

const OF_RUNS: Difference[] = [
  {
    id: 'calls-are-given-up',
    what: 'A message of the user removes the calls of client tools that wait; the reference keeps them for ever.',
    why: 'The page would go on waiting, and a model refuses a call without an answer.',
    settle(sides, { givenUp }, { send }) {
      const frames = sides.ours.frames ?? [];
      if (send.type === 'threads.add_user_message') {
        const first = frames.findIndex(({ type }) => type !== 'thread.item.removed');
        for (const { item_id } of frames.slice(0, first)) givenUp.add(item_id);
        if (first > 0) sides.ours = { ...sides.ours, frames: frames.slice(first) };
      }
      sides.reference = filterItems(
        sides.reference,
        ({ id, type, status }) => type !== 'client_tool_call' || status !== 'pending' || !givenUp.has(id),
      );
    },
  },
  {
    id: 'open-items-are-ended',
    what: 'Items that a reply leaves open are done or removed at its end; the reference leaves them open.',
    why: 'The page would show them as if they were still being written, and a reload would lose them.',
    remember({ reference, ours }, { open, stopped }, { stopAfter }) {
      const stillOpen = leftOpen(ours.frames ?? []);
      for (const id of leftOpen(reference.frames ?? [])) {
        if (stopAfter !== undefined) stopped.add(id);
        else if (!stillOpen.has(id)) open.add(id);
      }
    },
    settle(sides, { open }) {
      const left = leftOpen(sides.reference.frames ?? []);
      const isEnd = ({ type, item, item_id }: any) => ENDS.has(type) && left.has(item?.id ?? item_id);
      const ends = sides.ours.frames?.filter(isEnd) ?? [];
      const isWhole = new Set(ends.map(({ item, item_id }) => item?.id ?? item_id)).size === left.size;
      if (sides.ours.frames !== undefined && isWhole && ends.length === left.size) {
        sides.ours = { ...sides.ours, frames: sides.ours.frames.filter((frame) => !isEnd(frame)) };
      }
      withoutLost(sides, ({ id }) => open.has(id));
    },
  },
  {
    id: 'a-stop-keeps-the-text',
    what: 'Under uvicorn the reference loses what it saves at a stop, unless its store never waits.',
    why: 'What the user has read must be there after a reload, and the model must know that it was stopped.',
    settle(sides, { stopped }) {
      withoutLost(sides, ({ id, type }) => type === 'assistant_message' && stopped.has(id));
      if (!JSON.stringify(sides.reference).includes('sdk_hidden_context')) {
        sides.ours = filterItems(sides.ours, ({ content }) => content !== STOPPED);
      }
    },
  },
  {
    id: 'a-stop-keeps-what-is-shown',
    what: 'A stop keeps a widget, a workflow and an image as they are; the reference keeps messages only.',
    why: 'What the user has seen must be there after a reload.',
    settle(sides, { stopped }) {
      withoutLost(sides, ({ id, type }) => type !== 'assistant_message' && stopped.has(id));
    },
  },
  {
    id: 'a-stop-has-its-own-words',
    what: 'The note for the model that the user has stopped the reply has another text.',
    why: 'It is our text.',
    settle(sides) {
      const toNote = (exchange: Exchange, note: string) =>
        edit(exchange, (value) =>
          revive(value, (_key, each) => (each === note ? 'a note of the stop' : each)),
        );
      sides.reference = toNote(sides.reference, STOPPED_THERE);
      sides.ours = toNote(sides.ours, STOPPED);
    },
  },
  {
    id: 'hidden-stays-hidden',
    what: 'A hidden item that is added or replaced is not sent, and a visible one that becomes hidden is removed.',
    why: 'What is written for the model only must not reach the page; the reference hides items that are done.',
    settle(sides, _memory, move) {
      const steps = stepsOf(move).map((step) => step.yield);
      const hidden = new Set(
        steps.flatMap((event) => (HIDDEN.has(event?.item?.type) ? [event.item.id] : [])),
      );
      const isOfHidden = ({ type, item, item_id }: any) =>
        HIDDEN.has(item?.type) || (type === 'thread.item.removed' && hidden.has(item_id));
      if (hidden.size === 0) return;
      for (const side of ['reference', 'ours'] as const) {
        const frames = sides[side].frames?.filter((frame) => !isOfHidden(frame));
        if (frames !== undefined) sides[side] = { ...sides[side], frames };
      }
    },
  },
  {
    id: 'a-deleted-thread-is-said-so',
    what: 'A reply whose thread is deleted ends with a message for the user; in the reference its next item fails.',
    why: 'Nothing is broken, and a retry cannot help.',
    settle(sides) {
      const last = sides.ours.frames?.at(-1);
      const isFailed = sides.reference.frames?.at(-1)?.code === 'stream.error';
      if (last?.message !== 'This conversation was deleted.' || !isFailed) return;
      const frames = sides.ours.frames?.with(-1, sides.reference.frames?.at(-1));
      if (frames !== undefined) sides.ours = { ...sides.ours, frames };
    },
  },
  {
    id: 'a-rename-stays',
    what: 'A rename while a reply is written is kept; the reference overwrites it with what the run had read.',
    why: 'The user has the last word about a title.',
    remember({ ours }, { renamed }, { send, isInner }) {
      if (isInner && send.type === 'threads.update') renamed.add(ours.json?.title);
    },
    settle: (sides, { renamed }) => withoutTitle(sides, renamed),
  },
  {
    id: 'synchronous-actions-change-the-thread',
    what: 'What a synchronous action assigns to the thread is saved; the reference leaves that to the action.',
    why: 'The same assignment works in every other piece of work.',
    remember(_sides, { actedOn }, move) {
      if (move.send.type !== 'threads.sync_custom_action') return;
      for (const { set } of stepsOf(move)) if (set?.title !== undefined) actedOn.add(set.title);
    },
    settle: (sides, { actedOn }) => withoutTitle(sides, actedOn),
  },
  {
    id: 'other-failures-can-be-retried',
    what: 'An error without a message for the user always allows a retry.',
    why: 'A failure that must not be retried needs a reason that the user can read: ReplyError.',
    settle(sides, _memory, move) {
      const isFinal = stepsOf(move).some((step) => step.throw === 'stream' && step.allow_retry === false);
      if (!isFinal) return;
      sides.reference = edit(sides.reference, (value) =>
        revive(value, (_key, each) =>
          each?.code === 'stream.error' && each.allow_retry === false ? { ...each, allow_retry: true } : each,
        ),
      );
    },
  },
  {
    id: 'an-update-that-does-not-fit-changes-nothing',
    what: 'An update of a task that a workflow does not have ends a reply of the reference with an error.',
    why: 'The rest of the reply is worth more than one task.',
    parts: true,
    settle(sides, _memory, move) {
      const isError = ({ type }: any) => type === 'error';
      const updates = stepsOf(move).some((step) => step.yield?.update?.type === 'workflow.task.updated');
      if (!updates || sides.reference.frames?.some(isError) !== true) return;
      if (sides.ours.frames?.some(isError) === false) sides.ours = sides.reference;
    },
  },
  {
    id: 'items-keep-the-order-of-the-page',
    what: 'Items are listed in the order in which they were shown; the reference lists them as they were done.',
    why: 'A reload must not change the order of what the user has seen.',
    settle(sides) {
      const orders: string[][] = [];
      edit(sides.reference, (value) =>
        revive(value, (_key, each) => {
          if (isItemList(each)) orders.push(each.map(({ id }) => id));
          return each;
        }),
      );
      sides.ours = edit(sides.ours, (value) =>
        revive(value, (_key, each) => {
          if (!isItemList(each)) return each;
          const order = orders.find((ids) =>
            isDeepStrictEqual(new Set(ids), new Set(each.map(({ id }) => id))),
          );
          return order?.map((id) => each.find((item) => item.id === id)) ?? each;
        }),
      );
    },
  },
  {
    id: 'hidden-items-do-not-bury-a-call',
    what: 'A call of a client tool is answered also when other items stand behind it.',
    why: 'A responder may write a note for the model after the call, or end its reply with a text.',
    parts: true,
    settle(sides, _memory, { send }) {
      const isAnswer = send.type === 'threads.add_client_tool_output';
      if (isAnswer && has(sides.reference, 'ValueError') && isAnswered(sides.ours))
        sides.ours = sides.reference;
    },
  },
  {
    id: 'feedback-is-kept-whoever-fails',
    what: 'A failure of what is told of feedback is ours alone; the reference answers with 500.',
    why: 'The feedback is stored, and a user can do nothing about it.',
    settle(sides, _memory, { send }) {
      if (send.type === 'items.feedback' && has(sides.reference, 'RuntimeError'))
        sides.reference = sides.ours;
    },
  },
  {
    id: 'nothing-is-left-behind',
    what: 'A thread whose first message is refused is not made; the reference leaves an empty one.',
    why: 'It would stand in the list for ever.',
    settle(sides) {
      const { json } = sides.reference;
      const items = json?.items?.data ?? json?.data;
      if (has(sides.ours, 'thread-not-found') && items?.length === 0) sides.ours = sides.reference;
    },
  },
];

const STOPPED = 'The user stopped this reply before it was finished. Do not go on with it.';
const STOPPED_THERE = 'The user cancelled the stream. Stop responding to the prior request.';

export const DIFFERENCES: readonly Difference[] = [...OF_ANSWERS, ...OF_REFUSALS, ...OF_RUNS];
