/** Line charts as lines of text: dots of braille in colours, or a letter a series where there are no colours. */

import { type Axis, type Chart, type Scale, type Series, scaleOf } from './chart.ts';
import { heading, type Medium } from './medium.ts';
import { printable } from './printable.ts';

/** Bits of a braille character's dots, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];
const BRAILLE = 0x2800;

/** A line chart of `height` lines, besides axes and legend, in all the columns of the medium. */
export function plotLines({ title, x, y, series }: Chart, medium: Medium, height = 16): string[] {
  const xScale = scaleOf(x, valuesOf(series, 0));
  const yScale = scaleOf(y, valuesOf(series, 1), Math.floor(height / 2));
  const margin = Math.max(...yScale.ticks.map(({ label }) => label.length));
  const columns = medium.columns - margin - 2;
  const pens = pensOf(series, medium);
  const cells = drawCells(series, xScale, yScale, { columns, height, dots: medium.colours !== undefined });
  const labels = new Map(yScale.ticks.map(({ value, label }) => [rowOf(yScale.place(value)!, height), label]));
  const body = cells.map((line, row) => {
    const label = labels.get(row);
    const drawn = Array.from(line, (cell) => (cell ? pens[cell.series].cell(cell.bits) : ' ')).join('');
    return `${(label ?? '').padStart(margin)} ${label === undefined ? '│' : '┤'}${drawn.trimEnd()}`;
  });
  return [
    heading(printable(title), medium),
    ...body,
    ...xAxis(x, xScale, margin, columns),
    ...series.map(({ name }, i) => `${pens[i].sample} ${printable(name)}`),
  ];
}

function valuesOf(series: readonly Series[], coordinate: 0 | 1): number[] {
  return series.flatMap(({ points }) => points.map((point) => point[coordinate]));
}

/** The row, from the top, of a height from 0 to 1. */
function rowOf(height: number, rows: number): number {
  return Math.round((1 - height) * (rows - 1));
}

/** How the series of a chart are drawn: each with a cell of some dots, and what stands for it in the legend. */
function pensOf(series: readonly Series[], { colours }: Medium): { cell(bits: number): string; sample: string }[] {
  return series.map((_, i) => {
    if (colours) {
      const paint = colours.series[i % colours.series.length];
      return { cell: (bits) => paint(String.fromCharCode(BRAILLE + bits)), sample: paint('━━') };
    }
    const letter = String.fromCharCode(97 + (i % 26));
    return { cell: () => letter, sample: `${letter} ` };
  });
}

/** A character of the chart: its dots, and the last series that has one there. */
interface Cell {
  bits: number;
  series: number;
}

/** Cells (height, columns) with the series in them: with `dots` of 4 x 2 dots each, else of one. */
function drawCells(
  series: readonly Series[],
  xScale: Scale,
  yScale: Scale,
  { columns, height, dots }: { columns: number; height: number; dots: boolean },
): (Cell | undefined)[][] {
  const [down, across] = dots ? [4, 2] : [1, 1];
  const cells = Array.from({ length: height }, () => new Array<Cell | undefined>(columns));
  for (const [i, one] of series.entries()) {
    let before: number | undefined;
    for (const [column, place] of trace(one, xScale, yScale, columns * across).entries()) {
      const row = place === undefined ? undefined : rowOf(place, height * down);
      if (row !== undefined) {
        // Steep lines stay connected.
        const from = dots ? (before ?? row) : row;
        for (let dot = Math.min(from, row); dot <= Math.max(from, row); dot++) {
          const line = cells[Math.floor(dot / down)];
          const at = Math.floor(column / across);
          line[at] = { bits: (line[at]?.bits ?? 0) | DOTS[dot % down][column % across], series: i };
        }
      }
      before = row;
    }
  }
  return cells;
}

/** The height of a series, 0 to 1, in each of some columns, on straight lines between its points (which go to the right). */
function trace({ points }: Series, xScale: Scale, yScale: Scale, columns: number): (number | undefined)[] {
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

/** The rule below a chart with its ticks, their labels, and what it shows. */
function xAxis({ label: name }: Axis, { ticks, place }: Scale, margin: number, columns: number): string[] {
  const rule = new Array<string>(columns).fill('─');
  const below = new Array<string>(columns).fill(' ');
  for (const { value, label } of ticks) {
    const at = Math.round(place(value)! * (columns - 1));
    rule[at] = '┬';
    const start = Math.max(0, Math.min(columns - label.length, at - Math.floor(label.length / 2)));
    for (const [i, character] of [...label].entries()) below[start + i] = character;
  }
  return [
    `${' '.repeat(margin)} └${rule.join('')}`,
    `${' '.repeat(margin + 2)}${below.join('').trimEnd()}`,
    `${' '.repeat(margin + 2)}${printable(name)}`,
  ];
}
