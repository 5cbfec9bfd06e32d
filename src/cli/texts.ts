/** Texts for a model: from the command line, a file, or the standard input. */

import { InputError } from '../errors.ts';
import { readText, STDIN, textLines } from '../text/index.ts';
import { printable } from './terminal.ts';

/** Texts that are asked about together, and what errors call each of them. */
export interface TextGroup {
  texts: string[];
  where(i: number): string;
  /** Lines, of which a blank one has an empty answer; otherwise words of the command line. */
  lines: boolean;
}

/** Most lines asked about together. */
const GROUP = 256;

/**
 * The `texts`, or else the lines of `file` or the standard input (`-`, or neither). Lines come as soon as they are there: those that
 * have come together, in groups.
 *
 * @throws InputError for both at once, for neither, and for what can't be read as text.
 */
export async function* textGroups(texts: readonly string[], file = STDIN): AsyncGenerator<TextGroup> {
  if (texts.length > 0) {
    if (file !== STDIN) throw new InputError('A text and --file exclude each other: give one of them.');
    yield { texts: [...texts], where: (i) => (texts.length === 1 ? 'The text' : `Text ${i + 1}`), lines: false };
    return;
  }
  const name = file === STDIN ? 'The standard input' : printable(file);
  let line = 0;
  for await (const come of textLines(file)) {
    for (let first = 0; first < come.length; first += GROUP) {
      const from = line + 1;
      const group = come.slice(first, first + GROUP);
      line += group.length;
      yield { texts: group, where: (i) => `${name}, line ${from + i},`, lines: true };
    }
  }
  if (line === 0) throw new InputError(`${name} is empty: give a text, or --file with a text a line.`);
}

/** A whole text from a file, or from the standard input (`-`), without its last line end. */
export async function wholeText(file: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of readText(file, false)) pieces.push(Uint8Array.from(bytes));
  return Buffer.concat(pieces)
    .toString()
    .replace(/(\r\n|\r|\n)$/, '');
}
