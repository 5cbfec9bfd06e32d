/** Texts for a model: from the command line, a file, or the standard input. */

import { createReadStream, statSync } from 'node:fs';
import { InputError } from '../errors.ts';
import { readText } from '../text/index.ts';
import { printable } from './terminal.ts';

/** Texts that are asked about together, and what errors call each of them. */
export interface TextGroup {
  texts: string[];
  where(i: number): string;
  /** Lines, of which a blank one has an empty answer; otherwise words of the command line. */
  lines: boolean;
}

const STANDARD_INPUT = 'The standard input';

/** Most lines asked about together. */
const GROUP = 256;

/**
 * The `texts`, or else the lines of `file` or the standard input (`-`, or neither). Lines come as soon as they are there: those that
 * have come together, in groups.
 *
 * @throws InputError for both at once, for neither, and for what can't be read as text.
 */
export async function* textGroups(texts: readonly string[], file: string | undefined): AsyncGenerator<TextGroup> {
  if (texts.length > 0) {
    if (file !== undefined) throw new InputError('A text and --file exclude each other: give one of them.');
    yield { texts: [...texts], where: (i) => (texts.length === 1 ? 'The text' : `Text ${i + 1}`), lines: false };
    return;
  }
  const path = file === '-' ? undefined : file;
  const name = path === undefined ? STANDARD_INPUT : printable(path);
  let line = 0;
  for await (const come of lines(piecesOf(path, name))) {
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
  let text = '';
  for await (const piece of file === '-' ? piecesOf(undefined, STANDARD_INPUT) : piecesOf(file, printable(file)))
    text += piece;
  return text.replace(/(\r\n|\r|\n)$/, '');
}

/** The lines that each piece ends, without their ends: LF, CRLF or CR. */
async function* lines(pieces: AsyncIterable<string>): AsyncGenerator<string[]> {
  let open = '';
  let afterReturn = false;
  for await (const piece of pieces) {
    if (piece === '') continue;
    // A CRLF may come in two pieces, and its line has ended with the first.
    const ended = (open + (afterReturn && piece[0] === '\n' ? piece.slice(1) : piece)).split(/\r\n|\r|\n/);
    afterReturn = piece.endsWith('\r');
    open = ended.pop()!;
    if (ended.length > 0) yield ended;
  }
  if (open !== '') yield [open];
}

function piecesOf(file: string | undefined, name: string): AsyncIterable<string> {
  if (file === undefined) return decoded(process.stdin, name);
  // What a pipe has is read as it comes, a file in large pieces.
  if (statSync(file, { throwIfNoEntry: false })?.isFIFO()) return decoded(createReadStream(file), name);
  return fileText(file);
}

async function* fileText(file: string): AsyncGenerator<string> {
  for await (const bytes of readText(file, false)) yield Buffer.from(bytes).toString();
}

async function* decoded(stream: AsyncIterable<Buffer>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of stream) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InputError(`${name} is not UTF-8: convert it first.`, { cause: error });
  }
}
