import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as gateway from '../../../src/index.ts';
import * as server from '../../../src/library/server.ts';
import * as storeRules from '../../../src/library/store-rules.ts';
import * as widgets from '../../../src/library/widgets.ts';

// What others import by name. A name that goes or changes its kind breaks them: that is a new major version.
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PACKAGE = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

function kindOf(value: unknown): string {
  if (typeof value !== 'function') return Array.isArray(value) ? 'list' : typeof value;
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function';
}

/** Every exported name with its kind; types as the file that exports them says. */
function describeExports(file: string, module: object): Record<string, string> {
  const types = typesOf(file);
  const entries = [
    ...Object.entries(module).map(([name, value]) => [name, kindOf(value)] as const),
    ...types.map((name) => [name, 'type'] as const),
  ];
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function typesOf(file: string): string[] {
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  const declared = [...source.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name!);
  const passed = [...source.matchAll(/^export \* from '(.*)'/gm)].flatMap(([, other = '']) =>
    typesOf(path.join(path.dirname(file), other)),
  );
  const lists = [...source.matchAll(/^export (type )?\{([^}]*)\}/gms)];
  const listed = lists.flatMap(([, all, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && (all !== undefined || name.startsWith('type ')))
      .map((name) => name.replace(/^type /, '').replace(/^.* as /, '')),
  );
  return [...declared, ...passed, ...listed];
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
      const [from = ''] = Object.values<string>(source);
      expect([file, types]).toEqual([
        from.replace('./src/', './dist/').replace(/ts$/, 'js'),
        from.replace('./src/', './dist/').replace(/ts$/, 'd.ts'),
      ]);
    }
  });

  it('of chatkit-gateway', () => {
    expect(describeExports('src/index.ts', gateway)).toMatchInlineSnapshot(`
      {
        "AgentDefinition": "type",
        "Answers": "type",
        "AttachmentPart": "type",
        "AuthorAction": "type",
        "AuthorFeedback": "type",
        "AuthorSyncAction": "type",
        "AuthorTurn": "type",
        "ClientTool": "type",
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
        "ImageSource": "type",
        "InvalidReplyError": "class",
        "OnAttachment": "type",
        "Piece": "type",
        "Principal": "type",
        "Question": "type",
        "Reply": "type",
        "ReplyError": "class",
        "Responder": "type",
        "ResponderEvent": "type",
        "RunAgentOptions": "type",
        "ServerTool": "type",
        "TaskInput": "type",
        "TextOptions": "type",
        "TextSource": "type",
        "ThreadItem": "type",
        "ToModelInput": "type",
        "ToolContext": "type",
        "ToolError": "class",
        "Turn": "type",
        "UploadWork": "type",
        "UploadedFile": "type",
        "VisibleItem": "type",
        "WidgetItem": "type",
        "WidgetTemplate": "type",
        "WorkflowOptions": "type",
        "WorkflowWriter": "type",
        "answersOf": "function",
        "contextOf": "function",
        "createGateway": "function",
        "defineAgent": "function",
        "defineClientTool": "function",
        "defineTool": "function",
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
        "Transcriber": "type",
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
        "MaybeChild": "type",
        "NewWidgetItem": "type",
        "StreamWidgetOptions": "type",
        "WidgetJson": "type",
        "WidgetLimits": "type",
        "WidgetProps": "type",
        "WidgetState": "type",
        "WidgetTemplate": "type",
        "WidgetUpdate": "type",
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
        "growWidget": "function",
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
