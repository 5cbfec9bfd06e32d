/** Measures of labels as tables for people. */

import { cut, padded, widest, widthOf } from '../draw/index.ts';
import type { ClassificationMeasures, ClassMeasures } from '../measure/index.ts';
import { count } from './format.ts';
import { printable, style } from './terminal.ts';

/** Widest label that is written out. */
const LABEL_WIDTH = 20;
/** Labels of a confusion matrix that still fits a screen; of more, the most frequent confusions are listed. */
const MOST_COLUMNS = 30;
const MOST_CONFUSIONS = 20;

/** A label as a cell of a table, cut where it is too long. */
function cell(label: string): string {
  return cut(printable(label), LABEL_WIDTH);
}

/** Labels by number, padded to one width. */
function numbered(labels: readonly string[]): string[] {
  const digits = String(labels.length).length;
  const cells = labels.map(cell);
  const columns = widest(cells);
  return cells.map((text, i) => `${String(i + 1).padStart(digits)} ${padded(text, columns)}`);
}

/** Precision, recall, F1 and support of each label. */
export function classTable(perClass: readonly ClassMeasures[]): string[] {
  const names = numbered(perClass.map(({ label }) => label));
  const head = `${' '.repeat(widthOf(names[0]))}  precision  recall     F1  support`;
  const rows = perClass.map(({ precision, recall, f1, support }, i) =>
    [
      names[i],
      precision.toFixed(3).padStart(9),
      recall.toFixed(3).padStart(6),
      f1.toFixed(3).padStart(5),
      count(support).padStart(7),
    ].join('  '),
  );
  return [style.cyan(head), ...rows];
}

/** The confusion matrix, or of many labels the most frequent confusions. */
export function confusionTable({ perClass, confusion }: ClassificationMeasures): string[] {
  const labels = perClass.map(({ label }) => label);
  if (labels.length > MOST_COLUMNS) return confusionList(labels, confusion);
  const names = numbered(labels);
  const largest = Math.max(...confusion.flat());
  const width = Math.max(String(largest).length, String(labels.length).length) + 1;
  const head = labels.map((_, i) => String(i + 1).padStart(width)).join('');
  return [
    style.cyan('confusion: in a row those that have the label, in a column those that were given it'),
    style.cyan(' '.repeat(widthOf(names[0])) + head),
    ...confusion.map((row, i) => {
      const cells = row.map((n, j) => {
        const text = (n === 0 ? '.' : String(n)).padStart(width);
        return n === 0 ? style.dim(text) : i === j ? style.bold(text) : text;
      });
      return names[i] + cells.join('');
    }),
  ];
}

function confusionList(labels: readonly string[], confusion: readonly (readonly number[])[]): string[] {
  const pairs = confusion
    .flatMap((row, right) => row.map((n, given) => ({ n, right, given })))
    .filter(({ n, right, given }) => n > 0 && right !== given)
    .sort((a, b) => b.n - a.n)
    .slice(0, MOST_CONFUSIONS);
  return [
    style.cyan('most frequent confusions: the label, what was given, how often'),
    ...pairs.map(({ n, right, given }) => `${cell(labels[right])}  ${cell(labels[given])}  ${count(n)}`),
  ];
}
