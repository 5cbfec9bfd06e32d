/** What a network ends in: from features and targets to losses and, in training, gradients. */

import { type Address, f64Index, type PanelMatrix } from '../../kernels/index.ts';
import type { Chunk } from '../chunk.ts';
import type { Context } from '../team/index.ts';
import type { DropoutStream } from './dropout.ts';
import type { Linear } from './linear.ts';

/** What the output reads, from row 0 of `matrix` on, and where their gradients go. */
export interface Features {
  matrix: PanelMatrix;
  gradient: PanelMatrix | undefined;
  /** `matrix` after dropout, which the output reads in training, where there is such. */
  dropped: { matrix: PanelMatrix; dropout: DropoutStream } | undefined;
}

/** What an output says of a sequence. */
export interface Prediction {
  /**
   * Natural, (positions, classes): of each class at each position by itself, or where outputs depend on each other, over all
   * outputs at the other positions.
   */
  logProbabilities: Float32Array;
  /** The likeliest outputs, as a whole; where they don't depend on each other, of each position. */
  likeliest: Int32Array;
  /**
   * Nats by position for these outputs, 0 for one that is no class (negative); where outputs depend on each other, of the whole
   * sequence at the first one, or if one is no class, of each by itself.
   */
  losses(targets: ArrayLike<number>): Float64Array;
}

export interface Head {
  features: Features;
  /** Its weights, packed once a step. */
  linears: readonly Linear[];
  /** Float64, (T*B): the loss of each position. */
  losses: Address;
  /** Int32, (T*B): 1 where the target was the likeliest class, else 0; absent where that is not known. */
  right: Address | undefined;
  /** Written once, before the first step. */
  prepare?(i32: Int32Array): void;
  /** Int32, (T*B): the likeliest class in an evaluation; only where outputs are labels. */
  guesses?: Address;
  /**
   * What the main thread does with a chunk's `rows` targets, once written: the numbers that it returns go with the chunk
   * as `tailRows`.
   */
  sortTargets?(i32: Int32Array, rows: number): number[];
  /**
   * Fills the losses and, in training, the gradients of the weights and of the features, its own unless others are given.
   * Called by all threads.
   */
  run(context: Context, chunk: Chunk, features?: Features): void;
  /**
   * Log-probabilities of all classes for `rows` rows of features from their row 0 on, each by itself: (rows, classes) into
   * `to` from `offset` on. All threads of the context call it with the same rows; the first one's `to` gets them.
   */
  logProbabilities(
    context: Context,
    features: PanelMatrix,
    rows: number,
    to: Float32Array | undefined,
    offset: number,
  ): void;
  /**
   * Where the outputs of a sequence depend on each other: what it says of sequences whose `logProbabilities` are
   * `alone`. Called by one thread.
   */
  predict?(context: Context, alone: readonly Float32Array[]): Prediction[];
}

/** What the output reads of some features: after dropout in training. */
export function featuresOf({ matrix, dropped }: Features, { training }: Chunk): PanelMatrix {
  return (training && dropped?.matrix) || matrix;
}

/** What is said of a sequence whose outputs don't depend on each other, from its log-probabilities (positions, classes). */
export function predictionOf(logProbabilities: Float32Array, classes: number): Prediction {
  const likeliest = new Int32Array(logProbabilities.length / classes);
  for (let at = 0; at < likeliest.length; at++) {
    // Of equal ones the first.
    let best = 0;
    for (let id = 1; id < classes; id++) {
      if (logProbabilities[at * classes + id] > logProbabilities[at * classes + best]) best = id;
    }
    likeliest[at] = best;
  }
  return {
    logProbabilities,
    likeliest,
    losses: (targets) => Float64Array.from(targets, (id, at) => (id < 0 ? 0 : -logProbabilities[at * classes + id])),
  };
}

/** Summed cross-entropy of a chunk's rows, in order. */
export function sumLosses({ f64 }: Context, { outputRows }: Chunk, { losses }: Head): number {
  const first = f64Index(losses);
  let sum = 0;
  for (let i = first; i < first + outputRows; i++) sum += f64[i];
  return sum;
}
