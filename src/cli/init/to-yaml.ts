import { stringify } from 'yaml';
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
  // A line break in what a service calls its things must not end the comment.
  return `# ${line.replaceAll(/[\r\n]+/g, ' ')}`.trimEnd();
}

function toText(value: unknown): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}
