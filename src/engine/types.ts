/** What goes into the engine and what comes out of it. */

import type { KernelChoice, KernelVariant, Precision } from '../kernels/index.ts';
import type { ModelConfig } from '../model/index.ts';
import type { Batch } from '../text/index.ts';
import type { OptimizerName } from './optimizers/index.ts';

export interface OptimizerConfig {
  name: OptimizerName;
  /** Taken off the parameters or added to the gradient (L2), as the optimizer has it. */
  weightDecay: number;
  /** Largest global norm of the gradient; 0 turns clipping off. */
  clip: number;
}

export interface EngineOptions {
  model: ModelConfig;
  /** B, rows of a batch. */
  batchSize: number;
  /** Largest T of a chunk. */
  sequenceLength: number;
  /** Largest number of time steps of a source; `translate` only. */
  sourceLength?: number;
  /**
   * `crf`: transitions that predictions don't have: (classes + 1, classes + 1), 1 where the tag of the column can't follow that of
   * the row; the last row stands for the start, the last column for the end of a sequence. All are possible by default.
   */
  impossible?: Uint8Array | undefined;
  threads: number;
  kernel: KernelChoice;
  /** Of products with weights, and of the weights' gradients; `f32` by default. */
  precision?: Precision;
  /** Without it the engine can only evaluate: no gradients or moments are allocated. */
  training?: {
    optimizer: OptimizerConfig;
    dropout: number;
    /** Share of a target's probability that training wants spread over all classes of the softmax (Szegedy et al. 2016); 0. */
    labelSmoothing?: number;
    /** `classify`, `tag`: what each class's targets count for in the gradient, in place of 1. */
    classWeights?: readonly number[];
    seed: number;
  };
  /** Measure the time by phase, see `Engine.profile`. */
  profile?: boolean;
}

export interface StepResult {
  /**
   * Mean cross-entropy over the positions with a target (the texts, in `classify`), in nats; with a CRF that of whole sequences,
   * divided by their positions.
   */
  loss: number;
  /** Positions with a target. */
  tokens: number;
  /** Global norm of the gradient before clipping. */
  gradientNorm: number;
  /** False when loss or gradient is not finite: parameters and moments are as before the call. */
  applied: boolean;
}

export interface EvaluationResult {
  /** Summed cross-entropy over the positions with a target, in nats. */
  lossSum: number;
  tokens: number;
  /**
   * Positions whose target was the likeliest class (one of them, where several are equally likely); not with an
   * adaptive softmax.
   */
  right?: number;
  /** `fill`: the loss by the past alone. */
  pastLossSum?: number;
}

/** A named piece of one of the engine's flat blocks: a view, not a copy. Row-major, names and shapes as in PyTorch. */
export interface Tensor {
  name: string;
  shape: readonly number[];
  data: Float32Array;
}

export interface Engine {
  /** All the memory that the run's numbers take, fixed when the engine is made. */
  readonly memoryBytes: number;
  /** The kernel variant in use. */
  readonly kernel: KernelVariant;
  readonly precision: Precision;
  readonly threads: number;
  /** Views of the parameters. Writing to them is allowed between calls. */
  readonly parameters: Tensor[];
  /** Views of the gradients of the last training step, before clipping. Empty without `training`. */
  readonly gradients: Tensor[];
  /** Views of the parameters' average, see `addToAverage`. Empty without `training`. */
  readonly average: Tensor[];
  /**
   * Views of the optimizer's moments, each as long as all parameters, by the names that it gives them (`m` and `v` for
   * `adam`). A large untied embedding is updated by the rows in use: then
   * `embedding_last_update` (V), and the like of a `source_embedding`, says when each row was.
   */
  readonly moments: Tensor[];
  /**
   * View of the losses, in nats, of the batch of the last call: one for each of its targets, in their order, 0 where a target is
   * -1. Past a row's length it has no meaning.
   */
  readonly losses: Float64Array;
  /** `classify`, `tag`: view of the likeliest class at each target of the last evaluation, likewise. */
  readonly guesses: Int32Array | undefined;
  /** Optimizer steps taken so far (Adam's bias correction, dropout's counter); set it when resuming. */
  updates: number;
  /** average = parameters + `rest` * (average - parameters), in double precision. */
  addToAverage(rest: number): Promise<void>;
  /** Puts the average in the place of the parameters, and these in its place. */
  exchangeAverage(): Promise<void>;
  /** Forward, backward, clip and update. */
  train(batch: Batch, learningRate: number): Promise<StepResult>;
  /** Forward only, without dropout; the recurrent state moves on. */
  evaluate(batch: Batch): Promise<EvaluationResult>;
  /**
   * A copy of the recurrent state that goes on from chunk to chunk: `h_l0` (B, H), for LSTM `c_l0` (B, H), and so on;
   * nothing where each batch starts anew.
   */
  readState(): Tensor[];
  writeState(state: readonly Tensor[]): void;
  /** Seconds by phase, summed over the threads, since the engine was made; empty without `profile`. */
  profile(): Record<string, number>;
  /** Ends the workers. */
  close(): Promise<void>;
}
