/** Predictions of `classify`, `tag` and `fill` models for whole sequences, on this thread. */

import type { KernelChoice } from '../kernels/index.ts';
import { classCount, type ModelConfig } from '../model/index.ts';
import type { Context } from './context.ts';
import { forwardChunk, groupsByLength, inferenceContext, writeGroup } from './inference.ts';
import { logSoftmax } from './log-softmax.ts';
import { shifted } from './panels.ts';
import { forward } from './step.ts';
import type { Tensor } from './types.ts';

/** Positions of a group of sequences at most, but for a single one. */
const GROUP_POSITIONS = 16_384;
const GROUP_ROWS = 64;

export interface Predictor {
  /**
   * Log-probabilities (natural) of each sequence of token ids, in the order given: of `classify` (classes), of `tag` and `fill`
   * (length, classes); in `fill` those of a token are given all the others. Throws a RangeError for an empty sequence.
   */
  logProbabilities(sequences: readonly ArrayLike<number>[]): Float32Array[];
  /** `fill`: those of a token given the ones before it alone. */
  pastLogProbabilities(sequences: readonly ArrayLike<number>[]): Float32Array[];
}

/** `parameters` are copied; each must have the name and size that the configuration gives it. Sequences may have any length. */
export function createPredictor(
  model: ModelConfig,
  parameters: readonly Tensor[],
  kernel: KernelChoice = 'auto',
  threads = 1,
): Predictor {
  void threads;
  const { task = 'lm' } = model;
  const classes = classCount(model);
  let context: Context | undefined;
  const contextFor = (longest: number): Context => {
    const held = context?.layout.options.sequenceLength ?? 0;
    if (context && held >= longest) return context;
    const sequenceLength = Math.max(64, 2 ** Math.ceil(Math.log2(longest)));
    const batchSize = Math.max(1, Math.min(GROUP_ROWS, Math.floor(GROUP_POSITIONS / sequenceLength)));
    context = inferenceContext({ model, batchSize, sequenceLength }, parameters, kernel);
    return context;
  };

  const predict = (sequences: readonly ArrayLike<number>[], byPast: boolean): Float32Array[] => {
    const results: Float32Array[] = new Array(sequences.length);
    const longest = sequences.reduce((most, { length }) => Math.max(most, length), 1);
    const here = contextFor(longest);
    for (const group of groupsByLength(sequences, here.layout.options.batchSize)) {
      predictGroup(here, group, sequences, results, byPast);
    }
    return results;
  };

  const predictGroup = (
    here: Context,
    group: readonly number[],
    sequences: readonly ArrayLike<number>[],
    results: Float32Array[],
    byPast: boolean,
  ): void => {
    const { layout } = here;
    const B = layout.options.batchSize;
    const span = writeGroup(here, layout.sequences[0], group, sequences);
    forward(here, forwardChunk([span]));
    const { output, features } = byPast ? layout.past! : layout;
    const values = new Float32Array(group.length * classes);
    const places = task === 'classify' ? 1 : span.steps;
    for (const index of group) {
      results[index] = new Float32Array((task === 'classify' ? 1 : sequences[index].length) * classes);
    }
    for (let t = 0; t < places; t++) {
      // Rows stand by falling length, so that those that reach so far are the first ones.
      const rows = group.filter((index) => sequences[index].length > t);
      logSoftmax(here, output, shifted(features.matrix, 0, t * B), rows.length, values, 0, classes);
      rows.forEach((index, row) => {
        results[index].set(values.subarray(row * classes, (row + 1) * classes), t * classes);
      });
    }
  };
  return {
    logProbabilities: (sequences) => predict(sequences, false),
    pastLogProbabilities: (sequences) => predict(sequences, true),
  };
}
