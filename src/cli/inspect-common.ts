/** What the parts of `lm inspect` share: which runs they take, and the text to look at them with. */

import { InputError } from '../errors.ts';
import { equalSequences } from '../inspect/index.ts';
import { modelConfig, type Run, trainedPart, validatedPart } from '../run/index.ts';
import { readCorpus } from '../text/index.ts';

export function checkLanguageModel({ config, folder }: Run, command: string): void {
  const { task = 'lm' } = modelConfig(config);
  if (task !== 'lm') {
    throw new InputError(
      `${command} needs a language model, and the task of ${folder} is ${task}: choose another run.`,
    );
  }
}

/** Reads sequences of equal length (see `equalSequences`) from `file`, or else from the text that the run was validated on, or trained on. */
export async function readSequences(
  run: Run,
  file: string | undefined,
  count: number,
  length: number,
): Promise<Int32Array[]> {
  const { format, lossy, valSplit, valid } = run.config.options;
  const ownPart = valid === null && valSplit === 0 ? trainedPart : validatedPart;
  const { paths, reading, part } =
    file === undefined
      ? ownPart(run, 'name a text with --file')
      : { paths: [file], reading: { lossy }, part: 'train' as const };
  const corpus = await readCorpus(paths, { ...reading, format, tokenizer: run.tokenizer });
  try {
    return equalSequences(corpus[part]!, count, length);
  } finally {
    corpus.close();
  }
}
