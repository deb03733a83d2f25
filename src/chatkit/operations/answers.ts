import { GatewayError } from '../../errors/gateway-error.ts';
import type { Run } from '../../runs/run.ts';
import type { ClientToolCallItem, StructuredInputItem } from '../protocol/items.ts';
import type { ChatKitRequest } from '../protocol/requests.ts';
import { listOpenToolCalls } from './open-tool-calls.ts';
import type { OperationContext } from './operation.ts';
import { beginRun, startTurn, withThread, type TurnOperations } from './start-turn.ts';

type Submission = ChatKitRequest<'threads.add_structured_input'>['params']['input'];

/** Takes what a tool of the page returned and lets the reply go on. */
export async function addClientToolOutput(
  options: TurnOperations,
  { params }: ChatKitRequest<'threads.add_client_tool_output'>,
  context: OperationContext,
): Promise<Run> {
  return await withThread(options, context, params.thread_id, async (thread, claim) => {
    const owner = context.principal.userKey;
    const [call, ...others] = await listOpenToolCalls(options.store, owner, thread.id);
    if (call === undefined) throw new GatewayError('no-pending-tool-call');
    if (Date.now() - Date.parse(call.created_at) > options.clientToolTimeoutMs) {
      await options.store.writeThread(owner, thread.id, [{ type: 'delete-item', itemId: call.id }]);
      throw new GatewayError('tool-call-expired');
    }
    const item: ClientToolCallItem = { ...call, status: 'completed', output: params.result };
    await beginRun(options, context, thread, [
      { type: 'save-item', item },
      ...others.map(({ id }) => ({ type: 'delete-item' as const, itemId: id })),
    ]);
    return startTurn(options, context, {
      claim,
      thread,
      produce: (turn) =>
        options.responder.respond({ ...turn, input: undefined, isRetry: false, resumes: item }),
    });
  });
}

/** Takes the user's answers to a question and lets the reply go on. */
export async function addStructuredInput(
  options: TurnOperations,
  { params }: ChatKitRequest<'threads.add_structured_input'>,
  context: OperationContext,
): Promise<Run> {
  return await withThread(options, context, params.thread_id, async (thread, claim) => {
    const asked = await options.store.getItem(context.principal.userKey, thread.id, params.item_id);
    if (asked === undefined) throw new GatewayError('item-not-found');
    if (asked.type !== 'structured_input') throw new GatewayError('item-not-answerable');
    if (asked.status !== 'pending') throw new GatewayError('structured-input-closed');
    const item = toAnswered(asked, params.input);
    await beginRun(options, context, thread, [{ type: 'save-item', item }]);
    return startTurn(options, context, {
      claim,
      thread,
      leading: [{ type: 'thread.item.replaced', item }],
      produce: (turn) =>
        options.responder.respond({ ...turn, input: undefined, isRetry: false, resumes: item }),
    });
  });
}

/** Every question gets an answer; what was not asked is ignored, and a single choice keeps its first value. */
function toAnswered(item: StructuredInputItem, { status, answers }: Submission): StructuredInputItem {
  const inputs = item.inputs.map((question) => {
    const given = Object.hasOwn(answers, question.id) ? answers[question.id] : undefined;
    if (status === 'skipped' || given === undefined || given.skipped || given.values.length === 0) {
      return { ...question, answer: { values: [], skipped: true } };
    }
    const isSingle = question.type === 'multiple_choice' && !question.multiple;
    const values = isSingle ? given.values.slice(0, 1) : given.values;
    return { ...question, answer: { values, skipped: false } };
  });
  return { ...item, status, inputs };
}
