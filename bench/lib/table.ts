/** A table of plain text that is Markdown too. */
export function toTable(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, at) => Math.max(3, ...cells.map((line) => line[at]?.length ?? 0)));
  const format = (line: readonly string[], fill = ' ') =>
    `| ${widths.map((width, at) => (line[at] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [
    format(head),
    format(
      widths.map(() => ''),
      '-',
    ),
    ...body.map((line) => format(line)),
  ].join('\n');
}
