import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as gateway from '../../../src/index.ts';
import * as server from '../../../src/library/server.ts';
import * as storeRules from '../../../src/library/store-rules.ts';
import * as widgets from '../../../src/library/widgets.ts';

// What others import by name. A name that goes or changes its kind breaks them: that is a new major version.
const PACKAGE = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

function kindOf(value: unknown): string {
  if (typeof value !== 'function') return Array.isArray(value) ? 'list' : typeof value;
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function';
}

/** Every exported name with its kind; types as the file that exports them says. */
function describeExports(file: string, module: object): Record<string, string> {
  const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  const lists = [...source.matchAll(/^export (type )?\{([^}]*)\}/gms)];
  const types = lists.flatMap(([, all, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && (all !== undefined || name.startsWith('type ')))
      .map((name) => name.replace(/^type /, '').replace(/^.* as /, '')),
  );
  const entries = [
    ...Object.entries(module).map(([name, value]) => [name, kindOf(value)] as const),
    ...types.map((name) => [name, 'type'] as const),
  ];
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

describe('the exported names', () => {
  it('are at these entries of the package, each with its types', () => {
    expect(Object.keys(PACKAGE.exports)).toEqual([
      '.',
      './server',
      './widgets',
      './store-rules',
      './package.json',
    ]);
    for (const [entry, { types, default: file, ...source }] of Object.entries<any>(PACKAGE.exports)) {
      if (entry === './package.json') continue;
      const [path] = Object.values<string>(source);
      expect([file, types]).toEqual([
        path!.replace('./src/', './dist/').replace(/ts$/, 'js'),
        path!.replace('./src/', './dist/').replace(/ts$/, 'd.ts'),
      ]);
    }
  });

  it('of chatkit-gateway', () => {
    expect(describeExports('src/index.ts', gateway)).toMatchInlineSnapshot(`
      {
        "CreateGatewayError": "class",
        "CreateProblem": "type",
        "ErrorCode": "type",
        "Gateway": "type",
        "GatewayConfig": "type",
        "GatewayError": "class",
        "GatewayHandler": "type",
        "GatewayOptions": "type",
        "HostUser": "type",
        "Identify": "type",
        "Principal": "type",
        "ReplyError": "class",
        "Responder": "type",
        "ResponderEvent": "type",
        "ThreadItem": "type",
        "Turn": "type",
        "VisibleItem": "type",
        "WidgetItem": "type",
        "WidgetTemplate": "type",
        "createGateway": "function",
        "streamWidget": "function",
        "widgetFromFile": "function",
        "widgetFromJson": "function",
        "widgets": "object",
      }
    `);
  });

  it('of chatkit-gateway/server', () => {
    expect(describeExports('src/library/server.ts', server)).toMatchInlineSnapshot(`
      {
        "ActionTurn": "type",
        "Caller": "type",
        "ChatKitAnswer": "type",
        "ChatKitRequest": "type",
        "ChatKitServer": "type",
        "ChatKitServerOptions": "type",
        "ErrorCode": "type",
        "Feedback": "type",
        "GatewayError": "class",
        "IdKind": "type",
        "LiveThread": "type",
        "MemoryStore": "type",
        "OperationType": "type",
        "Owner": "type",
        "Page": "type",
        "PageQuery": "type",
        "Principal": "type",
        "ReplyError": "class",
        "Responder": "type",
        "ResponderEvent": "type",
        "Store": "type",
        "SyncAction": "type",
        "ThreadItem": "type",
        "ThreadRecord": "type",
        "ThreadStreamEvent": "type",
        "ThreadWork": "type",
        "ThreadWrite": "type",
        "Turn": "type",
        "UserMessageItem": "type",
        "VisibleItem": "type",
        "WidgetAction": "type",
        "WidgetItem": "type",
        "createChatKitServer": "function",
        "createId": "function",
        "createMemoryStore": "function",
        "openSqlStore": "function",
        "toNodeListener": "function",
        "toProblemResponse": "function",
        "toResponse": "function",
      }
    `);
  });

  it('of chatkit-gateway/widgets', () => {
    expect(describeExports('src/library/widgets.ts', widgets)).toMatchInlineSnapshot(`
      {
        "DiffOptions": "type",
        "NewWidgetItem": "type",
        "StreamWidgetOptions": "type",
        "WidgetJson": "type",
        "WidgetLimits": "type",
        "WidgetState": "type",
        "WidgetTemplate": "type",
        "WidgetUpdate": "type",
        "accumulateText": "function",
        "action": "function",
        "badge": "function",
        "basic": "function",
        "box": "function",
        "button": "function",
        "caption": "function",
        "card": "function",
        "chart": "function",
        "checkbox": "function",
        "col": "function",
        "datePicker": "function",
        "diffWidget": "function",
        "divider": "function",
        "form": "function",
        "icon": "function",
        "image": "function",
        "input": "function",
        "label": "function",
        "listView": "function",
        "listViewItem": "function",
        "markdown": "function",
        "parseWidget": "function",
        "radioGroup": "function",
        "row": "function",
        "select": "function",
        "spacer": "function",
        "streamWidget": "function",
        "table": "function",
        "tableCell": "function",
        "tableRow": "function",
        "text": "function",
        "textarea": "function",
        "title": "function",
        "transition": "function",
        "widgetFromFile": "function",
        "widgetFromJson": "function",
      }
    `);
  });

  it('of chatkit-gateway/store-rules', () => {
    expect(describeExports('src/library/store-rules.ts', storeRules)).toMatchInlineSnapshot(`
      {
        "StoreRule": "type",
        "storeRules": "list",
      }
    `);
  });
});
