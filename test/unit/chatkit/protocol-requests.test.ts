import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOperationType, OPERATION_TYPES, REQUESTS } from '../../../src/chatkit/protocol/requests.ts';
import { mutatedRequest, validRequest } from '../../support/arbitraries.ts';
import { startOracle, type Oracle } from '../../support/oracle.ts';

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle[Symbol.asyncDispose]());

/** Our reading of a request, or nothing when it is refused. */
function readHere(text: string): unknown {
  const json: any = JSON.parse(text);
  const type: unknown = json?.type;
  if (typeof type !== 'string' || !isOperationType(type)) return undefined;
  const result = REQUESTS[type].safeParse(json);
  return result.success ? result.data : undefined;
}

/** Absent and null are the same thing to the models, and a limit of 0 or none is the default page. */
function normalise(value: unknown): unknown {
  const strip = (json: any): any => {
    if (Array.isArray(json)) return json.map(strip);
    if (typeof json !== 'object' || json === null) return json;
    const kept = Object.entries(json).filter(([, child]) => child !== null && child !== undefined);
    return Object.fromEntries(kept.map(([key, child]) => [key, strip(child)]));
  };
  const request = strip(value);
  if (request.type === 'threads.list' || request.type === 'items.list') {
    request.params.limit = Math.min(request.params.limit || 20, 10_000);
  }
  return request;
}

/** Where the gateway refuses what the models take, or takes what they refuse, on purpose. */
const DELIBERATE: { why: string; applies(request: any): boolean }[] = [
  {
    why: 'an action without a type is a fault of the model, whose default is no string',
    applies: ({ params }) => params?.action !== undefined && params.action.type === undefined,
  },
  {
    why: 'a page or a file of a negative size has no meaning',
    applies: ({ params }) => Number(params?.limit) < 0 || Number(params?.size) < 0,
  },
  {
    why: 'a number beyond 64 bits counts as the largest, because JSON.parse cannot tell 1e21 from its digits',
    applies: ({ params }) => Number(params?.limit) >= 2 ** 63 || Number(params?.size) >= 2 ** 53,
  },
];

async function expectAgreement(text: string) {
  const verdict = await oracle.judgeText('request', text);
  const here = readHere(text);
  if (verdict.valid === (here !== undefined)) {
    if (verdict.valid) expect(normalise(here)).toEqual(normalise(verdict.meaning));
    return;
  }
  const request = JSON.parse(text);
  if (DELIBERATE.some(({ applies }) => applies(request))) return;
  expect.fail(
    `openai-chatkit ${verdict.valid ? 'takes' : 'refuses'} this request, the gateway does not agree: ${text}`,
  );
}

describe('the request schemas and the models of openai-chatkit', () => {
  it('agree on every valid request, and on its meaning', async () => {
    await fc.assert(
      fc.asyncProperty(validRequest, (request) => expectAgreement(JSON.stringify(request))),
      { numRuns: 1000 },
    );
  });

  it('agree on requests with wrong, missing and additional values', async () => {
    await fc.assert(
      fc.asyncProperty(mutatedRequest, (request) => expectAgreement(JSON.stringify(request))),
      { numRuns: 3000 },
    );
  });

  const LIMITS =
    '5|"5"|" 5 "|"5.0"|"5.5"|"+5"|"1_000"|"0x10"|"1e2"|""|"x"|true|false|1e2|5.0|5.5|0|-0|"0"|null|[]|{}|1e400|' +
    '99999999|1000000000000000000000';
  it.each(LIMITS.split('|'))('agree on a limit of %s', (limit) =>
    expectAgreement(`{"type":"threads.list","params":{"limit":${limit}}}`),
  );

  const BOOLEANS = '1|0|2|1.0|"yes"|"No"|"ON"|"t"|" true"|null|"true"|[]';
  it.each(BOOLEANS.split('|'))('agree on a boolean of %s', (interactive) =>
    expectAgreement(
      `{"type":"threads.create","params":{"input":{"content":[{"type":"input_tag","id":"a","text":"b","data":{},` +
        `"interactive":${interactive}}],"attachments":[],"inference_options":{}}}}`,
    ),
  );

  it.each([
    '{"type":"threads.add_client_tool_output","params":{"thread_id":"t"}}',
    '{"type":"threads.add_client_tool_output","params":{"thread_id":"t","result":null}}',
    '{"type":"threads.list","params":{},"metadata":null}',
    '{"type":"threads.list","params":{"order":null}}',
    '{"type":"threads.list","params":{"order":"ASC"}}',
    '{"type":"threads.list"}',
    '{"type":"threads.list","params":{"limit":1,"limit":"2"}}',
    '{"type":"threads.update","params":{"thread_id":"t","title":""}}',
    '{"type":"threads.renamed","params":{}}',
    '[]',
    '"threads.list"',
    'null',
  ])('agree on %s', expectAgreement);

  it('keep keys that are special in JavaScript as the data that they are', () => {
    const text =
      '{"type":"threads.create","params":{"input":{"content":[{"type":"input_tag","id":"a","text":"b",' +
      '"data":{"constructor":1,"toString":2}}],"attachments":[],"inference_options":{}}}}';
    const read = readHere(text) as any;
    expect(JSON.stringify(read.params.input.content[0].data)).toBe('{"constructor":1,"toString":2}');
  });

  it('know all sixteen operations', () => expect(OPERATION_TYPES).toHaveLength(16));
});
