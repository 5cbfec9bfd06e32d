/** Examples of a task, each read as a whole, in batches of examples of like length. */

import { readerOptions, recordFiles, sameTextRemarks } from '../../run/index.ts';
import {
  dropTokens,
  type ExamplePart,
  type ExampleTask,
  exampleBatches,
  findTagScheme,
  readExamples,
  type TextStatistics,
} from '../../text/index.ts';
import type { DataReader } from './training-data.ts';
import { newTokenizer, unknownOf } from './vocabulary.ts';

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
        unknown: { train: unknownOf(statistics(train)), valid: unknownOf(valid ? statistics(valid) : []) },
        ...(labels.length > 0 ? { countLabels: () => countLabels(train, labels.length) } : {}),
        ...(options.output === 'crf'
          ? { tagScheme: findTagScheme(labels, train.examples.outputs, options.tagScheme) }
          : {}),
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

function examplesOf({ examples }: ExamplePart): number {
  return examples.inputs.lengths.length;
}

function countLabels({ examples: { outputs } }: ExamplePart, labels: number): Float64Array {
  const counts = new Float64Array(labels);
  outputs.lengths.forEach((length, i) => {
    const ids = new Int32Array(length);
    outputs.tokens.read(outputs.starts[i], length, ids, 0);
    for (const id of ids) counts[id]++;
  });
  return counts;
}

function longestOf({ examples }: ExamplePart, side: 'inputs' | 'outputs'): number {
  return examples[side].lengths.reduce((most, length) => Math.max(most, length), 0);
}

function statistics({ statistics, targetStatistics }: ExamplePart): TextStatistics[] {
  return targetStatistics ? [statistics, targetStatistics] : [statistics];
}
