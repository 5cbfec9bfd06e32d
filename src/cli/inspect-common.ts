/** What the parts of `lm inspect` share: which runs they take, and the text to look at them with. */

import { existsSync } from 'node:fs';
import { InputError } from '../errors.ts';
import { equalSequences } from '../inspect/index.ts';
import { modelConfig, type Run } from '../run/index.ts';
import { readCorpus } from '../text/index.ts';

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
