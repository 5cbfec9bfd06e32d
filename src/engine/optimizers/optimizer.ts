/** What an optimizer is: its moments, which are its state on disk too, its rule for a run of parameters, and its learning rate. */

import type { Address, Kernels } from '../../kernels/index.ts';
import type { ParameterSpec } from '../../model/index.ts';

/** Where parameters lie on the flat block, with what belongs to them. */
interface Place {
  value: Address;
  gradient: Address;
  /** One for each of the optimizer's moments. */
  moments: readonly Address[];
}

export interface Run extends Place {
  /** Parameters; a multiple of 8. */
  count: number;
}

/** Row-major, (rows, columns). */
export interface Matrix extends Place {
  rows: number;
  columns: number;
}

export interface Update {
  learningRate: number;
  weightDecay: number;
  /** Clipping: what the gradient is multiplied by. */
  scale: number;
  /** Counted from 1. */
  number: number;
}

export interface Optimizer {
  /** For the help of `--optimizer`: half a line. Says where weight decay is decoupled, as it is added to the gradient (L2) elsewhere. */
  readonly summary: string;
  /** Peak learning rate by default, of one whose steps are of another size than Adam's. */
  readonly learningRate?: number;
  /** Names of its moments, each as long as all parameters. */
  readonly moments: readonly string[];
  /**
   * What is left of each moment after an update with no gradient, by which the rows of a large embedding that a chunk does
   * not use are brought up to date when they are next used.
   */
  readonly decays: readonly number[];
  update(kernels: Kernels, run: Run, update: Update): void;
  readonly matrices?: MatrixRule;
}

/** A rule for weights of layers as a whole: each gate's H rows of a weight are a matrix, updated by one thread. */
export interface MatrixRule {
  /** Whether it is this rule, not the optimizer's other one, by which a parameter is updated. */
  appliesTo(parameter: ParameterSpec): boolean;
  /** Room that `update` works in; what was there before means nothing. */
  scratchBytes(rows: number, columns: number): number;
  update(kernels: Kernels, matrix: Matrix, scratch: Address, update: Update): void;
}
