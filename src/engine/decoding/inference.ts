/** What decoding, prediction and inspection share: a network in a memory of its own on this thread, with weights packed once. */

import { chooseVariant, f32Index, type KernelChoice } from '../../kernels/index.ts';
import type { Span } from '../chunk.ts';
import { createMemory, type Sequence } from '../memory/index.ts';
import type { Network, NetworkKind } from '../networks/index.ts';
import { createContext, type Plan, planNetwork } from '../plan.ts';
import { packWeights, writeSequence } from '../step/index.ts';
import { type Context, createThreads } from '../team/index.ts';
import type { EngineOptions, Tensor } from '../types.ts';

/** A network, and this thread's way to work on it. */
export interface Inference<N extends Network = Network> {
  context: Context;
  plan: Plan<N>;
}

type Sizes = Pick<EngineOptions, 'batchSize' | 'sequenceLength' | 'sourceLength' | 'training' | 'impossible'>;

/**
 * `parameters` are copied; each must have the name and size that the configuration gives it. With `training` there is
 * room for gradients, and weights are packed for the way back too. `advice` says what would need less memory.
 */
export function createInference<N extends Network>(
  kind: NetworkKind<N>,
  options: Sizes & Pick<EngineOptions, 'model'>,
  parameters: readonly Tensor[],
  kernel: KernelChoice,
  advice = 'ask about shorter texts, or fewer at once',
): Inference<N> {
  const variant = chooseVariant(kernel, true);
  const plan = planNetwork({ ...options, threads: 1, kernel: variant }, kind);
  const memory = createMemory(plan.bytes, advice);
  const context = createContext(memory, plan, variant, createThreads(memory.buffer, plan.control, 0, 1));
  const byName = new Map(parameters.map(({ name, data }) => [name, data]));
  for (const { name, value } of plan.block.parameters) context.f32.set(byName.get(name)!, f32Index(value));
  for (const part of [plan.network, ...plan.network.heads]) part.prepare?.(context.i32);
  packWeights(context, plan, options.training !== undefined);
  return { context, plan };
}

/** Least time steps that there is room for, so that short sequences share one memory. */
const LEAST_STEPS = 64;

/**
 * A memory that grows with the longest sequence so far, by doubling: `make` gets the time steps that there is to be
 * room for.
 */
export function growing<T>(make: (steps: number) => T): (longest: number) => T {
  let held: { steps: number; made: T } | undefined;
  return (longest) => {
    if (held === undefined || held.steps < longest) {
      const steps = Math.max(LEAST_STEPS, 2 ** Math.ceil(Math.log2(longest)));
      held = { steps, made: make(steps) };
    }
    return held.made;
  };
}

/** Tokens of the longest sequence, 1 for none. */
export function longestOf(sequences: readonly ArrayLike<number>[]): number {
  return sequences.reduce((most, { length }) => Math.max(most, length), 1);
}

/**
 * Indices of sequences in groups of at most `size`, the longest first, as batches need their rows. Throws a RangeError
 * if one is empty.
 */
export function groupsByLength(sequences: readonly ArrayLike<number>[], size: number): number[][] {
  if (sequences.some(({ length }) => length === 0)) throw new RangeError('an empty sequence has no prediction');
  const order = sequences.map((_, i) => i).sort((a, b) => sequences[b].length - sequences[a].length);
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
}

/** Writes some of the sequences into the memory, one a row, the longest first. */
export function writeGroup(
  { i32, batchSize: B }: Context,
  to: Sequence,
  vocabulary: number,
  group: readonly number[],
  sequences: readonly ArrayLike<number>[],
): Span {
  const steps = sequences[group[0]].length;
  const inputs = new Int32Array(steps * B);
  const lengths = new Int32Array(B);
  group.forEach((index, row) => {
    lengths[row] = sequences[index].length;
    for (let t = 0; t < lengths[row]; t++) inputs[t * B + row] = sequences[index][t];
  });
  return writeSequence(i32, to, B, vocabulary, { steps, inputs, lengths });
}
