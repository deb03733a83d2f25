import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { createDataCheck, type CheckData } from './data-schema.ts';
import { readWidget, type WidgetJson } from './parse-widget.ts';
import { snapshot, type JsonObject } from './snapshot.ts';
import { markAsFromTemplate } from './template-mark.ts';
import { compileTemplate, type CompiledTemplate } from './template/compile.ts';
import { TemplateError } from './template/values.ts';
import { widgetError } from './widget-error.ts';

/** A widget that is drawn from data, as the Widget Builder exports it. */
export interface WidgetTemplate {
  readonly name: string;
  readonly version: '1.0';
  /** What the data has to look like; a tool for the model can offer the same. */
  readonly jsonSchema: JsonObject | boolean;
  /**
   * The widget with this data, for `streamWidget` or an item.
   * @throws GatewayError `invalid-widget` that names the place in the data, in the template or in what it wrote
   */
  build(data?: object | null): WidgetJson;
}

const MAX_FILE = 1024 * 1024;
/** Of what a template wrote, around the place where it stops being JSON. */
const EXCERPT = 40;

const widgetFile = z.looseObject({
  version: z.literal('1.0'),
  name: z.string(),
  template: z.string(),
  jsonSchema: z.union([z.record(z.string(), z.unknown()), z.boolean()]).default({}),
});

/**
 * Reads a `.widget` file, once, when the program starts.
 * @param file relative to the working directory; to name a file beside a module: `new URL('./tasks.widget', import.meta.url)`
 * @throws GatewayError `invalid-widget`
 */
export function widgetFromFile(file: string | URL): WidgetTemplate {
  const shown = file instanceof URL ? path.basename(file.pathname) : file;
  const subject = `the file ${shown}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw widgetError(subject, [{ path: [], detail: `it cannot be read (${codeOf(error)})` }], error);
  }
  if (text.length > MAX_FILE) {
    throw widgetError(subject, [{ path: [], detail: `it is longer than ${MAX_FILE} characters` }]);
  }
  return widgetFromJson(parseJson(subject, text), subject);
}

/**
 * Makes a widget template of the content of a `.widget` file.
 * @param subject what the texts of errors call it
 * @throws GatewayError `invalid-widget`
 */
export function widgetFromJson(definition: unknown, subject = 'the widget file'): WidgetTemplate {
  const result = widgetFile.safeParse(definition);
  if (!result.success) {
    throw widgetError(
      subject,
      result.error.issues.map((issue) => ({
        path: issue.path as (string | number)[],
        detail: issue.path[0] === 'version' ? 'only version "1.0" is known' : issue.message,
      })),
    );
  }
  const { name, version, template, jsonSchema } = result.data;
  const check = compileSchema(subject, jsonSchema as JsonObject | boolean);
  const compiled = inTemplate(`the template of ${subject}`, () => compileTemplate(template));
  const called = `the widget ${JSON.stringify(name)}`;
  return {
    name,
    version,
    jsonSchema: jsonSchema as JsonObject | boolean,
    build: (data) => buildWidget(called, check, compiled, data ?? {}),
  };
}

function buildWidget(called: string, check: CheckData, compiled: CompiledTemplate, data: object): WidgetJson {
  const given = snapshot(data, undefined, { isOwnData: true, subject: `the data of ${called}` });
  const problems = check(given);
  if (problems.length > 0) throw widgetError(`the data of ${called}`, problems);
  const written = inTemplate(`the template of ${called}`, () => compiled.render(given));
  return markAsFromTemplate(readWidget(parseJson(`what the template of ${called} wrote`, written)));
}

function compileSchema(subject: string, schema: JsonObject | boolean): CheckData {
  try {
    return createDataCheck(schema);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw widgetError(subject, [{ path: ['jsonSchema'], detail: reason }], error);
  }
}

function inTemplate<T>(subject: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw widgetError(subject, [{ path: [], detail: error.message }], error);
  }
}

function parseJson(subject: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine names the position, or shows the place itself.
    const reason = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(reason)?.[1];
    const near = at === undefined ? '' : `, near ${JSON.stringify(excerpt(text, Number(at)))}`;
    const detail = `it is not JSON: ${reason}${near}`;
    throw widgetError(subject, [{ path: [], detail }], error);
  }
}

const excerpt = (text: string, at: number) => text.slice(Math.max(0, at - EXCERPT), at + EXCERPT);

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
