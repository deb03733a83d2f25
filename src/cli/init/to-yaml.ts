import { Document, visit } from 'yaml';
import { toLine } from '../terminal.ts';
import type { Section } from './settings.ts';

/** The file as text, with comments above each section and other readings commented out below it. */
export function toYaml(upstream: string, sections: readonly Section[]): string {
  const head = [
    `# ChatKit Gateway in front of ${upstream}, as "chatkit-gateway init" found it.`,
    '# Try it:  chatkit-gateway start --config <this file>     Look at it:  chatkit-gateway doctor --config <this file>',
  ];
  const blocks = sections.map(({ comments, value, others = [] }) =>
    [
      ...comments.map(toComment),
      toText(value),
      ...others.flatMap((other) => [
        '',
        ...other.comments.map(toComment),
        ...toText(other.value).split('\n').map(toComment),
      ]),
    ].join('\n'),
  );
  return `${[head.join('\n'), ...blocks].join('\n\n')}\n`;
}

function toComment(line: string): string {
  // A line break in what a service calls its things must not end the comment; the indent of a setting stays.
  const indent = /^ */.exec(line)?.[0] ?? '';
  return `# ${indent}${toLine(line)}`.trimEnd();
}

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const UNSEEN_IN_LINE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What an editor or a terminal would not show stands there as an escape. */
function toText(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && UNSEEN.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 }).trimEnd().replaceAll(UNSEEN_IN_LINE, toEscape);
}

function toEscape(character: string): string {
  return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;
}
