/** Predictions of `classify`, `tag` and `fill` models for whole sequences. */

import { i32Index, type KernelChoice, shifted } from '../../kernels/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import { forwardChunk, type Span } from '../chunk.ts';
import { type Network, networkOf } from '../networks/index.ts';
import { type Prediction, predictionOf } from '../parts/index.ts';
import type { Context } from '../team/index.ts';
import type { EngineOptions, Tensor } from '../types.ts';
import { createInference, groupsByLength, growing, type Inference, longestOf, writeGroup } from './inference.ts';
import { createTeam, type Team } from './team.ts';

/** Positions of a group of sequences at most, but for a single one. */
const GROUP_POSITIONS = 16_384;
const GROUP_ROWS = 64;

export interface Predictor {
  /**
   * What the model says of each sequence of token ids, in the order given: at one position in `classify`, at each in `tag` and
   * `fill`; in `fill` of a token given all the others. Throws a RangeError for an empty sequence.
   */
  predict(sequences: readonly ArrayLike<number>[]): Prediction[];
  /** Of that, the log-probabilities. */
  logProbabilities(sequences: readonly ArrayLike<number>[]): Float32Array[];
  /** `fill`: log-probabilities (natural), (length, classes), of a token given the ones before it alone. */
  pastLogProbabilities(sequences: readonly ArrayLike<number>[]): Float32Array[];
}

/**
 * `parameters` are copied; each must have the name and size that the configuration gives it. Sequences may have any length. With
 * `threads` above 1 others join this thread in long work; what comes out is the same. `impossible` is that of `EngineOptions`.
 */
export function createPredictor(
  model: ModelConfig,
  parameters: readonly Tensor[],
  kernel: KernelChoice = 'auto',
  threads = 1,
  impossible?: EngineOptions['impossible'],
): Predictor {
  const roomFor = growing((sequenceLength) => {
    const batchSize = Math.max(1, Math.min(GROUP_ROWS, Math.floor(GROUP_POSITIONS / sequenceLength)));
    const sizes = { model, batchSize, sequenceLength, impossible };
    const inference = createInference(networkOf(model), sizes, parameters, kernel);
    return { inference, team: createTeam(inference, Math.min(threads, batchSize), 'sequences', false) };
  });
  /** Log-probabilities, (length, classes) or in `classify` (classes), of each position by itself. */
  const alone = (sequences: readonly ArrayLike<number>[], headIndex: number): Float32Array[] => {
    const results: Float32Array[] = new Array(sequences.length);
    const { inference, team } = roomFor(longestOf(sequences));
    for (const group of groupsByLength(sequences, inference.context.batchSize)) {
      predictGroup(inference, team, headIndex, group, sequences, results);
    }
    return results;
  };
  const predict = (sequences: readonly ArrayLike<number>[]): Prediction[] => {
    const values = alone(sequences, 0);
    const { context, plan } = roomFor(longestOf(sequences)).inference;
    return plan.network.heads[0].predict?.(context, values) ?? values.map((one) => predictionOf(one, model.classes));
  };
  return {
    predict,
    logProbabilities: (sequences) => predict(sequences).map(({ logProbabilities }) => logProbabilities),
    pastLogProbabilities: (sequences) => alone(sequences, 1),
  };
}

function predictGroup(
  { context, plan }: Inference,
  team: Team,
  headIndex: number,
  group: readonly number[],
  sequences: readonly ArrayLike<number>[],
  results: Float32Array[],
): void {
  const { network, options } = plan;
  const { classes, vocabulary } = options.model;
  const head = network.heads[headIndex];
  const span = writeGroup(context, network.sequences[0], vocabulary, group, sequences);
  team.run((here) => network.forward(here, forwardChunk([span])));
  const values = new Float32Array(group.length * classes);
  const places = network.onePerSequence ? 1 : span.steps;
  for (const index of group) {
    results[index] = new Float32Array((network.onePerSequence ? 1 : sequences[index].length) * classes);
  }
  for (let t = 0; t < places; t++) {
    // Rows stand by falling length, so that those that reach so far are the first ones.
    const rows = group.filter((index) => sequences[index].length > t);
    head.logProbabilities(context, shifted(head.features.matrix, 0, t * context.batchSize), rows.length, values, 0);
    rows.forEach((index, row) => {
      results[index].set(values.subarray(row * classes, (row + 1) * classes), t * classes);
    });
  }
}

/** What the other threads of a team do: forward through the sequences that the first one has written. */
export function helpWithSequences(context: Context, network: Network): void {
  const { i32, batchSize } = context;
  const first = i32Index(network.sequences[0].lengths);
  const span: Span = { steps: i32[first], active: new Array<number>(i32[first]).fill(0) };
  for (let row = 0; row < batchSize; row++) {
    for (let t = 0; t < i32[first + row]; t++) span.active[t]++;
  }
  network.forward(context, forwardChunk([span]));
}
