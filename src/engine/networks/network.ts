/** What a network is: the parts that a task connects, with the names that their parameters have. */

import type { Address, PanelMatrix } from '../../kernels/index.ts';
import type { ModelConfig, ParameterSpec } from '../../model/index.ts';
import type { Chunk } from '../chunk.ts';
import type { Planner, Sequence } from '../memory/index.ts';
import type { Head, Linear, Stack, StackShape } from '../parts/index.ts';
import type { Context } from '../team/index.ts';

/** The kind of network of a task. */
export interface NetworkKind<N extends Network = Network> {
  /** Whether the recurrent state goes on from chunk to chunk of a text; else every batch starts anew. */
  readonly carriesState: boolean;
  /**
   * Whether dropout is on embeddings and before the output layer too, not between layers alone: in the networks that see far
   * fewer examples than a language model sees tokens.
   */
  readonly dropsEverywhere: boolean;
  /** Whether sequences are examples, each read as a whole, so that none of them may be cut to save memory. */
  readonly readsExamples: boolean;
  /** Its stacks, in the order in which they are computed. */
  stacks(model: ModelConfig): StackShape[];
  /** All parameters, in the order on the flat block. */
  parameters(model: ModelConfig): ParameterSpec[];
  plan(planner: Planner): N;
}

/** A network in the memory. */
export interface Network {
  /** What has the targets (a decoder's, in `translate`), then the source. */
  readonly sequences: readonly Sequence[];
  readonly stacks: readonly Stack[];
  /** Weights besides the stacks' and the heads', packed once a step. */
  readonly linears: readonly Linear[];
  /** The output, and `fill`'s by the past alone. */
  readonly heads: readonly Head[];
  /** One target a sequence, instead of one a position. */
  readonly onePerSequence: boolean;
  /** The recurrent state that goes on from chunk to chunk; rows of each are the batch's. */
  readonly carried: readonly { name: string; matrix: PanelMatrix }[];
  /** Int32, (B): which row of the source each row of the targets has; with a source. */
  readonly sourceRows?: Address;
  /** Written once, before the first step. */
  prepare?(i32: Int32Array): void;
  /** From the tokens to the features. Called by all threads; ends with a barrier. */
  forward(context: Context, chunk: Chunk): void;
  /** From the gradients of the features to those of all weights but the embeddings, and of the stacks' inputs. */
  backward(context: Context, chunk: Chunk): void;
}

/** States of the lowest direction of each level, which go on from chunk to chunk. */
export function carriedStates({ levels }: Stack): { name: string; matrix: PanelMatrix }[] {
  return levels.flatMap(({ layers: [{ level, cell, states }] }) =>
    cell.states.map((name) => ({ name: `${name}_l${level}`, matrix: states[name] })),
  );
}
