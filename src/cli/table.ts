/** Tables of words and numbers on stdout. */

import { padded, widest, widthOf } from '../draw/index.ts';
import { style, writeLine } from './terminal.ts';

/** What is set against the right edge of its column: counts, losses, shares, durations. */
const NUMBER = /^([\d.,:]+(e[-+]\d+)?( %)?|never)?$/;

/** A header and rows; columns of words begin at the left, those of numbers end at the right. */
export async function writeTable(header: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
  const columns = header.map((name, i) => {
    const cells = rows.map((row) => row[i]);
    return { width: widest([name, ...cells]), numbers: name !== '' && cells.every((cell) => NUMBER.test(cell)) };
  });
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const { width, numbers } = columns[i];
        return numbers ? ' '.repeat(width - widthOf(cell)) + cell : padded(cell, width);
      })
      .join('  ')
      .trimEnd();
  await writeLine(style.cyan(line(header)));
  for (const row of rows) await writeLine(line(row));
}
