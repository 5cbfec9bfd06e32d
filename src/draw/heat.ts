/** Heat maps as lines of text: coloured cells, or shades where there are no colours. */

import { heading, type Medium } from './medium.ts';
import { printable } from './printable.ts';
import { widthOf } from './width.ts';

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

/** From nothing to all of it. */
export const SHADES = [...' ░▒▓█'];
/** Of the 256 colours of terminals: black to white, and blue over grey to red. */
const GREYS = Array.from({ length: 24 }, (_, i) => 232 + i);
const BLUE_TO_RED = [26, 32, 68, 110, 152, 188, 223, 215, 209, 202, 196];
/** Cells of the scale beside the title. */
const SCALE = 11;

/**
 * A heat map, in as many blocks of columns as the width takes. Below 0 and above have colours of their own, if `low` is
 * below 0.
 */
export function plotHeat(map: HeatMap, medium: Medium): string[] {
  const { title, rows, columns, gap, values } = map;
  const margin = Math.max(...rows.map((row) => row.length)) + 1;
  const labels = columns.map(columnLabel);
  const lines = [`${heading(printable(title), medium)}  ${scaleText(map, medium)}`];
  for (let first = 0; first < labels.length; ) {
    let end = first;
    for (let used = margin; end < labels.length; end++) {
      used += labels[end].width + gap.length;
      if (used > medium.columns && end > first) break;
    }
    const shown = labels.slice(first, end);
    lines.push(`${' '.repeat(margin)}${shown.map(({ text }) => text).join(gap)}`.trimEnd());
    for (const [r, row] of rows.entries()) {
      const cells = shown.map(({ width }, i) => heatCell(values[r][first + i], width, map, medium));
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

type Range = Pick<HeatMap, 'low' | 'high'>;

function heatCell(value: number, width: number, { low, high }: Range, { colours }: Medium): string {
  const place = Math.min(1, Math.max(0, (value - low) / (high - low)));
  const pick = <T>(list: readonly T[]): T => list[Math.min(list.length - 1, Math.floor(place * list.length))];
  if (!colours) return pick(SHADES).repeat(width);
  return colours.background(pick(low < 0 ? BLUE_TO_RED : GREYS), ' '.repeat(width));
}

function scaleText({ low, high }: Range, medium: Medium): string {
  const steps = Array.from({ length: SCALE }, (_, i) => low + ((high - low) * i) / (SCALE - 1));
  const short = (n: number): string => String(Number(n.toPrecision(2)));
  return `${short(low)} ${steps.map((value) => heatCell(value, 1, { low, high }, medium)).join('')} ${short(high)}`;
}
