/**
 * Defaults that differ from the option table's by what is trained: the one place where measured choices of a task stand.
 * `tokenizer` belongs here too, as taggers read words.
 */

import type { Task } from '../model/index.ts';
import type { TrainOptions } from './options.ts';

export const taskDefaults: { readonly [T in Task]: Partial<TrainOptions> } = {
  lm: {},
  fill: {},
  classify: {
    cell: 'gru',
    layers: 1,
    hidden: 128,
    batchSize: 128,
    learningRate: 0.01,
    dropout: 0.5,
    tokenDropout: 0.2,
  },
  tag: {
    tokenizer: 'word',
    minCount: 2,
    layers: 1,
    hidden: 128,
    batchSize: 16,
    learningRate: 0.003,
    dropout: 0.3,
    tokenDropout: 0.1,
  },
  translate: { layers: 1, hidden: 256, batchSize: 64, learningRate: 0.004, dropout: 0.2, labelSmoothing: 0.1 },
};

/** Most tokens of an example. */
export const MAX_LENGTH = 1000;

/** The default corpus is small: with less, a minute's run is at its best a third of the way. */
export const DROPOUT_OF_DEFAULT_CORPUS = 0.4;

/** Found on texts of 0.1 and 1 million tokens, 2 x 256 and 2 x 200: the best after some minutes. */
export function defaultLearningRate({ task, optimizer, tokenizer }: TrainOptions): number {
  if (optimizer === 'sgd') return 0.5;
  return taskDefaults[task].learningRate ?? (tokenizer === 'char' ? 0.008 : 0.003);
}

/** Minutes of a run without a limit of its own: 5 for a million tokens, growing with the square root, from 0.5 to 60. */
export function defaultMinutes(trainingTokens: number): number {
  return Math.min(60, Math.max(0.5, Number((5 * Math.sqrt(trainingTokens / 1e6)).toFixed(1))));
}
