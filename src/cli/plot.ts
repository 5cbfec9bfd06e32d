/**
 * Charts and heat maps as lines of text. Where colours are on, lines are braille dots and cells are coloured; where they are off
 * (NO_COLOR, a pipe), series are letters and cells are shades.
 */

import { type Chart, type Series, scaleOf } from '../draw/index.ts';
import { printable, style } from './terminal.ts';
import { widthOf } from './width.ts';

/** Columns of the terminal, or what a pipe gets. */
export function terminalWidth(): number {
  return Math.max(40, process.stdout.columns ?? 100);
}

const PAINTS = [style.cyan, style.yellow, style.green, style.magenta, style.red, style.blue, style.white, style.gray];
/** Bits of a braille character's dots, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** A line chart of `height` lines, besides axes and legend. */
export function plotLines({ title, x, y, series }: Chart, width = terminalWidth(), height = 16): string[] {
  const xScale = scaleOf(
    x,
    series.flatMap(({ points }) => points.map(([value]) => value)),
  );
  const yScale = scaleOf(
    y,
    series.flatMap(({ points }) => points.map(([, value]) => value)),
    Math.floor(height / 2),
  );
  const margin = Math.max(...yScale.ticks.map(({ label }) => label.length));
  const columns = width - margin - 2;
  const coloured = style.level > 0;
  const perCell = coloured ? ([2, 4] as const) : ([1, 1] as const);
  const cells = Array.from({ length: height }, () => new Array<{ bits: number; series: number } | undefined>(columns));

  for (const [i, one] of series.entries()) {
    const rows = height * perCell[1];
    const heights = trace(one, xScale, yScale, columns * perCell[0]);
    let before: number | undefined;
    for (const [column, place] of heights.entries()) {
      const row = place === undefined ? undefined : Math.round((1 - place) * (rows - 1));
      if (row !== undefined) {
        // Steep lines stay connected.
        const from = coloured ? (before ?? row) : row;
        for (let dot = Math.min(from, row); dot <= Math.max(from, row); dot++) {
          const line = cells[Math.floor(dot / perCell[1])];
          const at = Math.floor(column / perCell[0]);
          const bits = DOTS[dot % perCell[1]][column % perCell[0]];
          line[at] = { bits: (line[at]?.bits ?? 0) | bits, series: i };
        }
      }
      before = row;
    }
  }

  const labels = new Map(
    yScale.ticks.map(({ value, label }) => [Math.round((1 - yScale.place(value)!) * (height - 1)), label]),
  );
  const paint = (i: number, words: string): string => PAINTS[i % PAINTS.length](words);
  const mark = (i: number): string => String.fromCharCode(97 + (i % 26));
  const cell = (one: { bits: number; series: number } | undefined): string => {
    if (!one) return ' ';
    return coloured ? paint(one.series, String.fromCharCode(0x2800 + one.bits)) : mark(one.series);
  };
  const body = cells.map((line, row) => {
    const label = labels.get(row);
    return `${(label ?? '').padStart(margin)} ${label === undefined ? '│' : '┤'}${Array.from(line, cell).join('').trimEnd()}`;
  });
  const rule = new Array<string>(columns).fill('─');
  const below = new Array<string>(columns).fill(' ');
  for (const { value, label } of xScale.ticks) {
    const at = Math.round(xScale.place(value)! * (columns - 1));
    rule[at] = '┬';
    const start = Math.max(0, Math.min(columns - label.length, at - Math.floor(label.length / 2)));
    for (const [i, character] of [...label].entries()) below[start + i] = character;
  }
  const legend = series.map(({ name }, i) =>
    coloured ? `${paint(i, '━━')} ${printable(name)}` : `${mark(i)}  ${printable(name)}`,
  );
  return [
    style.bold(printable(title)),
    ...body,
    `${' '.repeat(margin)} └${rule.join('')}`,
    `${' '.repeat(margin + 2)}${below.join('').trimEnd()}`,
    `${' '.repeat(margin + 2)}${printable(x.label)}`,
    ...legend,
  ];
}

type ChartScale = ReturnType<typeof scaleOf>;

/** The height of a series, 0 to 1, in each of some columns, on straight lines between its points (which go to the right). */
function trace({ points }: Series, xScale: ChartScale, yScale: ChartScale, columns: number): (number | undefined)[] {
  const heights = new Array<number | undefined>(columns).fill(undefined);
  let before: [column: number, height: number] | undefined;
  for (const [x, y] of points) {
    const place = xScale.place(x);
    const height = yScale.place(y);
    if (place === undefined || height === undefined) {
      before = undefined;
      continue;
    }
    const column = Math.round(place * (columns - 1));
    heights[column] = height;
    if (before) {
      const [from, start] = before;
      for (let i = from + 1; i < column; i++) heights[i] = start + ((height - start) * (i - from)) / (column - from);
    }
    before = [column, height];
  }
  return heights;
}

/** Values in rows and columns, each between `low` and `high`. */
export interface HeatMap {
  title: string;
  rows: readonly string[];
  /** Tokens, over their columns; a column is as wide as its token. */
  columns: readonly string[];
  /** Put between columns. */
  gap: '' | ' ';
  /** By row, then column. */
  values: readonly (readonly number[])[];
  low: number;
  high: number;
}

const SHADES = [...' ░▒▓█'];
/** Of the 256 colours of terminals: black to white, and blue over grey to red. */
const GREYS = Array.from({ length: 24 }, (_, i) => 232 + i);
const BLUE_TO_RED = [26, 32, 68, 110, 152, 188, 223, 215, 209, 202, 196];

/**
 * A heat map, in as many blocks of columns as the width takes. Below 0 and above have colours of their own, if `low` is
 * below 0.
 */
export function plotHeat(map: HeatMap, width = terminalWidth()): string[] {
  const { title, rows, columns, gap, values, low, high } = map;
  const margin = Math.max(...rows.map((row) => row.length)) + 1;
  const labels = columns.map(columnLabel);
  const lines = [`${style.bold(printable(title))}  ${scaleText(low, high)}`];
  for (let first = 0; first < labels.length; ) {
    let end = first;
    for (let used = margin; end < labels.length; end++) {
      used += labels[end].width + gap.length;
      if (used > width && end > first) break;
    }
    const shown = labels.slice(first, end);
    lines.push(`${' '.repeat(margin)}${shown.map(({ text }) => text).join(gap)}`.trimEnd());
    for (const [r, row] of rows.entries()) {
      const cells = shown.map((label, i) => heatCell(values[r][first + i], low, high, label.width));
      lines.push(`${row.padEnd(margin)}${cells.join(gap)}`.trimEnd());
    }
    first = end;
    if (first < labels.length) lines.push('');
  }
  return lines;
}

/** A token as it can stand over its column, and how many columns of the terminal it takes. */
function columnLabel(token: string): { text: string; width: number } {
  // A mark that joins what stands before it has no column of its own.
  const text = printable(token).replaceAll('\n', '⏎').replaceAll('\t', '→').replace(/\p{M}/gu, '·') || '·';
  return { text, width: widthOf(text) };
}

function heatCell(value: number, low: number, high: number, width: number): string {
  const place = Math.min(1, Math.max(0, (value - low) / (high - low)));
  const pick = <T>(list: readonly T[]): T => list[Math.min(list.length - 1, Math.floor(place * list.length))];
  if (style.level === 0) return pick(SHADES).repeat(width);
  return style.bgAnsi256(pick(low < 0 ? BLUE_TO_RED : GREYS))(' '.repeat(width));
}

function scaleText(low: number, high: number): string {
  const steps = Array.from({ length: 11 }, (_, i) => low + ((high - low) * i) / 10);
  const short = (n: number): string => String(Number(n.toPrecision(2)));
  return `${short(low)} ${steps.map((value) => heatCell(value, low, high, 1)).join('')} ${short(high)}`;
}
