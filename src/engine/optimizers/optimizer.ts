/** What an optimizer is: its moments, which are its state on disk too, its rule for a run of parameters, and its learning rate. */

import type { Address, Kernels } from '../../kernels/index.ts';

/** A run of parameters on the flat block, with what belongs to them. */
export interface Run {
  /** Parameters; a multiple of 8. */
  count: number;
  value: Address;
  gradient: Address;
  /** One for each of the optimizer's moments. */
  moments: readonly Address[];
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
}
