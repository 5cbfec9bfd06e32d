/** Results as tables, and tables as Markdown. */

export type Cell = string | number;

export interface Table {
  title: string;
  /** What was measured, in a sentence or two. */
  about?: string;
  columns: string[];
  rows: Cell[][];
}

/** A number with three significant digits or, from 1,000 on, none behind the point. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** "1 thread", "2 threads". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A Markdown table with columns of even width, numbers to the right. */
export function markdown({ title, about, columns, rows }: Table): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell)));
  const widths = columns.map((name, i) => Math.max(3, name.length, ...texts.map((row) => row[i].length)));
  const right = columns.map((_, i) => rows.every((row) => typeof row[i] === 'number'));
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, i) => (right[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (right[i] ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  const table = [line(columns), rule, ...texts.map(line)].join('\n');
  return [`### ${title}`, ...(about ? [about] : []), table].join('\n\n');
}
