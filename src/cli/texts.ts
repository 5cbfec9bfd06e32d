/** Texts to ask a model about: from the command line, a file, or the standard input, a line each. */

import { InputError } from '../errors.ts';
import { readText } from '../text/index.ts';
import { printable } from './terminal.ts';

/** Texts that are asked about together, and what errors call each of them. */
export interface TextGroup {
  texts: string[];
  where(i: number): string;
}

/** Lines asked about together; on a terminal each is answered at once. */
const GROUP = 256;

export async function* textGroups(texts: readonly string[], file: string | undefined): AsyncGenerator<TextGroup> {
  if (texts.length > 0) {
    if (file !== undefined) throw new InputError('A text and --file exclude each other: give one of them.');
    yield { texts: [...texts], where: (i) => (texts.length === 1 ? 'The text' : `Text ${i + 1}`) };
    return;
  }
  const atOnce = file === undefined && process.stdin.isTTY ? 1 : GROUP;
  const lines = file === undefined ? standardLines() : fileLines(file);
  const name = file === undefined ? 'The standard input' : printable(file);
  let group: string[] = [];
  let first = 1;
  const take = (): TextGroup => {
    const start = first;
    const taken = { texts: group, where: (i: number) => `${name}, line ${start + i},` };
    first += group.length;
    group = [];
    return taken;
  };
  for await (const line of lines) {
    group.push(line);
    if (group.length === atOnce) yield take();
  }
  if (group.length > 0) yield take();
  else if (first === 1) throw new InputError(`${name} is empty: give a text, or --file with a text a line.`);
}

async function* fileLines(file: string): AsyncGenerator<string> {
  let open = '';
  for await (const bytes of readText(file, false)) {
    const lines = (open + Buffer.from(bytes).toString()).split('\n');
    open = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  if (open !== '') yield open;
}

async function* standardLines(): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const input = async function* (): AsyncGenerator<string> {
    try {
      for await (const chunk of process.stdin) yield decoder.decode(chunk as Buffer, { stream: true });
      yield decoder.decode();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new InputError('The standard input is not UTF-8: convert it first.', { cause: error });
    }
  };
  let open = '';
  for await (const text of input()) {
    const lines = (open + text).split('\n');
    open = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  if (open !== '') yield open;
}
