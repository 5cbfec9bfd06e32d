/** What the parts of a network are told when they lay out their memory: the sizes of a run, its parameters, and where room is. */

import type { Address, Precision } from '../../kernels/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import type { Arena } from './arena.ts';
import type { Parameter } from './block.ts';

export interface Planner {
  arena: Arena;
  model: ModelConfig;
  /** B, rows of a batch. */
  batchSize: number;
  /** T, most time steps of the sequence with the targets. */
  sequenceLength: number;
  /** S, most time steps of a source. */
  sourceLength: number;
  threads: number;
  /** What weights are packed in for products. */
  precision: Precision;
  /** Whether there is a way back: gradients, and weights packed for them. */
  training: boolean;
  /** Dropout in training, if there is any. */
  dropout: Dropout | undefined;
  /** Share of a target's probability that training spreads over all classes. */
  labelSmoothing: number;
  /** See `EngineOptions`. */
  impossible: Uint8Array | undefined;
  /** What each class's targets count for in the gradient; 1 if absent. */
  classWeights: readonly number[] | undefined;
  /** Int32, (T*B): the targets, -1 where there is none. */
  targets: Address;
  /** By name. Throws an Error for one that the network does not have. */
  parameter(name: string): Parameter;
  /** Room that several parts use in turn: made when it is first asked for. A name stands for one type. */
  shared<T>(name: string, make: () => T): T;
}

export interface Dropout {
  /** Share of the values that become 0, in (0, 1). */
  rate: number;
  seed: number;
}

/** Tokens that stacks read: up to `steps` time steps of B rows. */
export interface Sequence {
  /** Its place among the network's sequences, and so among the spans of a chunk. */
  index: number;
  steps: number;
  /** Int32, (T*B): tokens of time step 0, of time step 1, … */
  inputs: Address;
  /** Int32, (B): time steps of each row, falling. */
  lengths: Address;
}

export function planSequence({ arena, batchSize }: Planner, index: number, steps: number): Sequence {
  return { index, steps, inputs: arena.reserve(steps * batchSize * 4), lengths: arena.reserve(batchSize * 4) };
}
