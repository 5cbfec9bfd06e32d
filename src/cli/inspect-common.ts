/** What the parts of `lm inspect` share: which runs they take, the text to look at them with, and tables. */

import { existsSync } from 'node:fs';
import { InputError } from '../errors.ts';
import { equalSequences } from '../inspect/index.ts';
import { modelConfig, type Run } from '../run/index.ts';
import { readCorpus } from '../text/index.ts';
import { style, writeLine } from './terminal.ts';

export function checkLanguageModel({ config, folder }: Run, command: string): void {
  const { task = 'lm' } = modelConfig(config);
  if (task !== 'lm') {
    throw new InputError(
      `${command} needs a language model, and the task of ${folder} is ${task}: choose another run.`,
    );
  }
}

/** Reads sequences of equal length (see `equalSequences`) from `file`, or else from the text that the run was validated on. */
export async function readSequences(
  { config, tokenizer, folder }: Run,
  file: string | undefined,
  count: number,
  length: number,
): Promise<Int32Array[]> {
  const { format, lossy, valSplit, seed, valid } = config.options;
  const paths = config.corpus.map(({ path }) => path);
  const gone = paths.find((path) => !existsSync(path));
  if (file === undefined && gone !== undefined) {
    throw new InputError(`The text of ${folder} is no longer at ${gone}: name a text with --file.`);
  }
  const corpus = await readCorpus(file !== undefined ? [file] : valid === null ? paths : paths.slice(-1), {
    format,
    tokenizer,
    lossy,
    seed,
    valSplit: file === undefined && valid === null ? valSplit : 0,
  });
  try {
    return equalSequences(corpus.valid ?? corpus.train, count, length);
  } finally {
    corpus.close();
  }
}

/** A blank line, a header and rows; columns of words begin at the left, those of numbers end at the right. */
export async function writeTable(header: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
  const columns = header.map((name, i) => {
    const cells = rows.map((row) => row[i]);
    const width = Math.max(name.length, ...cells.map((cell) => cell.length));
    return { width, numbers: cells.every((cell) => /^([\d.,]+(e[-+]\d+)?( %)?|never)?$/.test(cell)) && name !== '' };
  });
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (columns[i].numbers ? cell.padStart(columns[i].width) : cell.padEnd(columns[i].width)))
      .join('  ')
      .trimEnd();
  await writeLine(`\n${style.cyan(line(header))}`);
  for (const row of rows) await writeLine(line(row));
}
