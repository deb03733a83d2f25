import fc from 'fast-check';
import { OPERATION_TYPES, type OperationType } from '../../src/chatkit/protocol/requests.ts';

/** Well-formed text: JSON on the wire is UTF-8, which has no lone surrogates. */
export const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const name = fc.oneof(text, fc.constantFrom('', 'thr_1', 'a b', '../x', "'; --", '\u0000', 'ÿ', '🙂'));
const anyJson = fc.jsonValue({ maxDepth: 3 });
const jsonObject = fc.dictionary(
  fc.oneof(
    text.filter((key) => key !== '__proto__'),
    fc.constantFrom('constructor', 'toString'),
  ),
  anyJson,
  { maxKeys: 4 },
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const part = fc.oneof(
  fc.record({ type: fc.constant('input_text'), text }),
  fc.record(
    {
      type: fc.constant('input_tag'),
      id: name,
      text,
      data: jsonObject,
      group: maybe(text),
      interactive: fc.boolean(),
    },
    { requiredKeys: ['type', 'id', 'text', 'data'] },
  ),
);
const input = fc.record(
  {
    content: fc.array(part, { maxLength: 3 }),
    attachments: fc.array(name, { maxLength: 2 }),
    quoted_text: maybe(text),
    inference_options: fc.record({ tool_choice: fc.record({ id: name }), model: name }, { requiredKeys: [] }),
  },
  { requiredKeys: ['content', 'attachments', 'inference_options'] },
);
const page = {
  limit: fc.oneof(fc.nat(60), fc.constantFrom('5', true, 1e2, 0, null)),
  order: fc.constantFrom('asc', 'desc'),
  after: name,
};
const action = fc.record({ type: name, payload: anyJson }, { requiredKeys: ['type'] });
const actionParams = fc.record(
  { thread_id: name, item_id: name, action },
  { requiredKeys: ['thread_id', 'action'] },
);
const answer = fc.record(
  { values: fc.array(text, { maxLength: 2 }), skipped: fc.boolean() },
  { requiredKeys: [] },
);

const PARAMS: Record<OperationType, fc.Arbitrary<unknown>> = {
  'threads.create': fc.record({ input }),
  'threads.add_user_message': fc.record({ thread_id: name, input }),
  'threads.add_client_tool_output': fc.record({ thread_id: name, result: anyJson }),
  'threads.add_structured_input': fc.record({
    thread_id: name,
    item_id: name,
    input: fc.record(
      {
        status: fc.constantFrom('answered', 'skipped'),
        answers: fc.dictionary(name, answer, { maxKeys: 2 }),
      },
      { requiredKeys: [] },
    ),
  }),
  'threads.retry_after_item': fc.record({ thread_id: name, item_id: name }),
  'threads.custom_action': actionParams,
  'threads.sync_custom_action': actionParams,
  'threads.get_by_id': fc.record({ thread_id: name }),
  'threads.list': fc.record(page, { requiredKeys: [] }),
  'items.list': fc.record({ thread_id: name, ...page }, { requiredKeys: ['thread_id'] }),
  'items.feedback': fc.record({
    thread_id: name,
    item_ids: fc.array(name, { maxLength: 3 }),
    kind: fc.constantFrom('positive', 'negative'),
  }),
  'attachments.create': fc.record({ name, size: fc.nat(), mime_type: fc.constantFrom('image/png', '', 'x') }),
  'attachments.delete': fc.record({ attachment_id: name }),
  'threads.update': fc.record({ thread_id: name, title: text }),
  'threads.delete': fc.record({ thread_id: name }),
  'input.transcribe': fc.record({ audio_base64: text, mime_type: fc.constantFrom('audio/mp4', '') }),
};

/** A request that the protocol allows, as JSON. */
export const validRequest: fc.Arbitrary<{ type: OperationType; params: unknown; metadata?: unknown }> = fc
  .constantFrom(...OPERATION_TYPES)
  .chain((type) =>
    fc.record(
      { type: fc.constant(type), params: PARAMS[type], metadata: jsonObject },
      { requiredKeys: ['type', 'params'] },
    ),
  )
  .map((request) => JSON.parse(JSON.stringify(request)));

const ODD_VALUES: Json[] = [
  'null true false 0 1 -1 1.5 100 1e21 -0 "" "x" "5" " 5 " "5.0" "+5" "1_0" "0x10" "1e2" "true"'.match(
    /"[^"]*"|\S+/g,
  ),
  ['[]', '{}', '[null]', '[[]]', '{"type":"input_text"}', '"asc"', '"threads.list"', `"${'a'.repeat(300)}"`],
]
  .flatMap((texts) => texts ?? [])
  .map((json) => JSON.parse(json) as Json);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function paths(value: Json, prefix: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [prefix];
  return [prefix, ...Object.entries(value).flatMap(([key, child]) => paths(child, [...prefix, key]))];
}

function edit(
  value: Json,
  path: (string | number)[],
  change: (holder: any, key: string | number) => void,
): Json {
  const copy = structuredClone(value);
  let holder: any = copy;
  for (const key of path.slice(0, -1)) holder = holder[key];
  const last = path.at(-1);
  if (last !== undefined) change(holder, last);
  return copy;
}

/** A request with one to three places replaced, removed or added to. */
export const mutatedRequest: fc.Arbitrary<Json> = fc
  .tuple(
    validRequest,
    fc.array(
      fc.tuple(fc.nat(), fc.constantFrom('replace', 'remove', 'add'), fc.constantFrom(...ODD_VALUES)),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  )
  .map(([request, edits]) =>
    edits.reduce<Json>(
      (json, [at, kind, odd]) => {
        const places = paths(json);
        const path = places[at % places.length] ?? [];
        return edit(json, path, (holder, key) => {
          if (kind === 'replace') holder[key] = odd;
          else if (kind === 'add') holder[`${key}_`] = odd;
          else if (Array.isArray(holder)) holder.splice(Number(key), 1);
          else delete holder[key];
        });
      },
      request as unknown as Json,
    ),
  );

/** Valid and broken requests alike. */
export const anyRequest: fc.Arbitrary<unknown> = fc.oneof(validRequest, mutatedRequest);
