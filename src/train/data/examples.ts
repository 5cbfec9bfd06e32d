/** Examples of a task, each read as a whole, in batches of examples of like length. */

import {
  dropTokens,
  type ExamplePart,
  type ExampleTask,
  exampleBatches,
  readExamples,
  type TextStatistics,
} from '../../text/index.ts';
import { newTokenizer, readerOptions, recordFiles, sameTextRemarks, unknownShare } from './files.ts';
import type { DataReader, PathsAgain } from './training-data.ts';

/** Reads the examples of a task. */
export function exampleReader(task: ExampleTask): DataReader {
  return async (paths, options, known) => {
    const { onText, recorded } = recordFiles();
    const { batchSize, seed } = options;
    const corpus = await readExamples(paths, {
      ...readerOptions(options),
      task,
      tokenizer: known?.tokenizer ?? newTokenizer(options, options.tokenizer),
      targetTokenizer: known?.targetTokenizer ?? newTokenizer(options, options.targetTokenizer ?? options.tokenizer),
      labels: known?.labels,
      maxLength: options.maxLength!,
      onText,
    });
    try {
      const files = corpus.files.map(recorded);
      const { train, valid, tokenizer, targetTokenizer, labels } = corpus;
      const shuffled = exampleBatches(task, train.examples, { batchSize, seed, shuffle: true });
      const batches = dropTokens(shuffled, tokenizer, options.tokenDropout, seed);
      const validation = valid && exampleBatches(task, valid.examples, { batchSize, seed });
      const longest = (side: 'inputs' | 'outputs'): number =>
        Math.max(longestOf(train, side), valid ? longestOf(valid, side) : 0);
      const sourceLength = Math.max(batches.longestSource, validation?.longestSource ?? 0);
      return {
        tokenizer,
        targetTokenizer,
        labels,
        batches,
        ...(validation ? { validation } : {}),
        accuracy: true,
        batchSize,
        sequenceLength: Math.max(batches.longest, validation?.longest ?? 0),
        ...(sourceLength > 0 ? { sourceLength } : {}),
        tokens: statistics(train).reduce((sum, { tokens }) => sum + tokens, 0),
        examples: { train: examplesOf(train), valid: valid ? examplesOf(valid) : 0 },
        longest: { input: longest('inputs'), output: longest('outputs') },
        padding: batches.padding,
        files,
        unknownShare: { train: unknownShare(statistics(train)), valid: valid ? unknownShare(statistics(valid)) : 0 },
        shares: [],
        remarks: [...corpus.remarks, ...sameTextRemarks(files)],
        close: corpus.close,
      };
    } catch (error) {
      corpus.close();
      throw error;
    }
  };
}

/** The files and folders that were given, as a folder of classes has to be read as one again. */
export const pathsAsGiven: PathsAgain = ({ options: { files, valid } }) => ({ files, valid });

function examplesOf({ examples }: ExamplePart): number {
  return examples.inputs.lengths.length;
}

function longestOf({ examples }: ExamplePart, side: 'inputs' | 'outputs'): number {
  return examples[side].lengths.reduce((most, length) => Math.max(most, length), 0);
}

function statistics({ statistics, targetStatistics }: ExamplePart): TextStatistics[] {
  return targetStatistics ? [statistics, targetStatistics] : [statistics];
}
