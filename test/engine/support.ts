/** What the engine's tests share: making engines, and moving values between them and the reference model. */

import type { Engine, EngineOptions, KernelVariant, OptimizerConfig, Tensor } from '../../src/engine/index.ts';
import { createEngine } from '../../src/engine/index.ts';
import { InputError } from '../../src/errors.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { Batch } from '../../src/text/types.ts';
import type { Values } from '../reference/model.ts';
import { modelConfig, randomParameters } from '../reference/random.ts';

export type Kernel = KernelVariant;

export const CELLS: Partial<ModelConfig>[] = [
  { cell: 'rnn' },
  { cell: 'gru', gruReset: 'before' },
  { cell: 'gru', gruReset: 'after' },
  { cell: 'lstm' },
];

/** For the names of tests: `gru before`. */
export const cellName = ({ cell, gruReset }: Partial<ModelConfig>): string =>
  cell === 'gru' ? `gru ${gruReset}` : `${cell}`;

export const ADAM: OptimizerConfig = { name: 'adam', weightDecay: 0, clip: 0.25 };

/** Makes an engine, hands it to `use` and closes it. Weights are random, the same for the same `seed`. */
export async function withEngine<T>(
  options: Partial<EngineOptions> & { model: ModelConfig },
  use: (engine: Engine) => Promise<T>,
  seed = 1,
): Promise<T> {
  const engine = await createEngine({ batchSize: 3, sequenceLength: 4, threads: 1, kernel: 'strict', ...options });
  try {
    writeValues(engine.parameters, randomParameters(options.model, seed));
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** The kernel variants that this Node can run; `strict` runs everywhere. */
export async function usableKernels(): Promise<Kernel[]> {
  const usable: Kernel[] = ['strict'];
  for (const kernel of ['fma', 'wide'] as const) {
    try {
      await withEngine({ model: modelConfig({}), kernel }, async () => usable.push(kernel));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return usable;
}

/** Copies, by name. */
export function readValues(tensors: readonly Tensor[]): Values {
  return Object.fromEntries(tensors.map(({ name, data }) => [name, Float64Array.from(data)]));
}

export function writeValues(tensors: readonly Tensor[], values: Values): void {
  for (const { name, data } of tensors) data.set(values[name]);
}

/** Sets the recurrent state: tensors (B, H). */
export function writeStates(engine: Engine, hidden: number, values: Values): void {
  engine.writeState(
    Object.entries(values).map(([name, data]) => ({
      name,
      shape: [data.length / hidden, hidden],
      data: Float32Array.from(data),
    })),
  );
}

/** The bits of tensors, by name, for comparisons that allow no rounding. */
export function readBits(tensors: readonly Tensor[]): Record<string, Uint32Array> {
  return Object.fromEntries(tensors.map(({ name, data }) => [name, new Uint32Array(data.slice().buffer)]));
}

/**
 * For `updateParameters` of the reference: the elements of an embedding that is updated by the rows in use (which its engine's
 * moments show) whose row the batch does not use, padding not counted.
 */
export function restingElements(
  engine: Engine,
  { embedding }: ModelConfig,
  batch: Batch,
): (name: string, index: number) => boolean {
  if (!engine.moments.some(({ name }) => name === 'embedding_last_update')) return () => false;
  const used = usedTokens(batch);
  return (name, index) => name === 'embedding.weight' && !used.has(Math.floor(index / embedding));
}

/** Tokens that a batch reads. */
export function usedTokens({ steps, inputs, lengths }: Batch): Set<number> {
  const B = inputs.length / steps;
  return new Set(inputs.filter((_, i) => Math.floor(i / B) < (lengths?.[i % B] ?? steps)));
}
