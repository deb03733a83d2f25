import { GatewayError } from '../errors/gateway-error.ts';

export type WidgetPath = readonly (string | number)[];

export interface WidgetProblem {
  readonly path: WidgetPath;
  readonly detail: string;
}

/** No author reads more at once. */
const MAX_SHOWN = 10;
const MAX_STEPS = 40;
const PLAIN = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/** `children[2].onClickAction.type` */
export function showPath(path: WidgetPath): string {
  if (path.length > MAX_STEPS) return `${showPath(path.slice(0, MAX_STEPS))}…`;
  return path
    .map((key, at) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!PLAIN.test(key)) return `[${JSON.stringify(key)}]`;
      return at === 0 ? key : `.${key}`;
    })
    .join('');
}

/**
 * What is wrong with a widget, for its author: the place and the reason of each mistake.
 * @param subject what the text begins with, such as `the widget`
 */
export function widgetError(
  subject: string,
  problems: readonly WidgetProblem[],
  cause?: unknown,
): GatewayError {
  const shown = problems.slice(0, MAX_SHOWN);
  const lines = shown.map(({ path, detail }) =>
    path.length === 0 ? detail : `${showPath(path)}: ${detail}`,
  );
  const more = problems.length - shown.length;
  if (more > 0) lines.push(`and ${more} more`);
  const [first = 'it is not valid', ...rest] = lines;
  const detail = rest.length === 0 ? `${subject}: ${first}` : [`${subject}:`, first, ...rest].join('\n  ');
  return new GatewayError('invalid-widget', { detail, ...(cause === undefined ? {} : { cause }) });
}
