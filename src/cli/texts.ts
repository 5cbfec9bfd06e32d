/** Texts to ask a model about: from the command line, a file, or the standard input, a line each. */

import { InputError } from '../errors.ts';
import { STDIN, textLines } from '../text/index.ts';
import { isTyped, note, printable } from './terminal.ts';

/** Texts that are asked about together, and what errors call each of them. */
export interface TextGroup {
  texts: string[];
  where(i: number): string;
}

/** Lines asked about together; on a terminal each is answered at once. */
const GROUP = 256;

/**
 * The `texts`, or else the lines of `file` or the standard input but blank ones.
 *
 * @throws InputError for both at once, for neither, and for what can't be read as text.
 */
export async function* textGroups(texts: readonly string[], file: string | undefined): AsyncGenerator<TextGroup> {
  if (texts.length > 0) {
    if (file !== undefined) throw new InputError('A text and --file exclude each other: give one of them.');
    yield { texts: [...texts], where: (i) => (texts.length === 1 ? 'The text' : `Text ${i + 1}`) };
    return;
  }
  const asked = file === undefined && isTyped();
  if (asked) note('Type a text, and Enter; Ctrl-D ends.');
  const name = file === undefined ? 'The standard input' : printable(file);
  let group: { text: string; line: number }[] = [];
  let line = 0;
  let empty = true;
  const take = (): TextGroup => {
    const taken = group;
    group = [];
    return { texts: taken.map(({ text }) => text), where: (i) => `${name}, line ${taken[i].line},` };
  };
  for await (const text of textLines(file ?? STDIN, false)) {
    line++;
    if (text.trim() === '') continue;
    empty = false;
    group.push({ text, line });
    if (group.length === (asked ? 1 : GROUP)) yield take();
  }
  if (group.length > 0) yield take();
  if (empty) throw new InputError(`${name} is empty: give a text, or --file with a text a line.`);
}
