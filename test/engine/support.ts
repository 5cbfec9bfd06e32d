/** What the engine's tests share: making engines, and moving values between them and the reference model. */

import type { Engine, EngineOptions, OptimizerConfig, Tensor } from '../../src/engine/index.ts';
import { createEngine } from '../../src/engine/index.ts';
import { InputError } from '../../src/errors.ts';
import type { KernelVariant } from '../../src/kernels/index.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { Batch } from '../../src/text/types.ts';
import type { Values } from '../reference/model.ts';
import { modelConfig, randomParameters } from '../reference/random.ts';
import { parameterSpecs } from '../reference/shapes.ts';

export type Kernel = KernelVariant;

export { CELLS, cellName } from '../reference/networks.ts';

export const ADAM: OptimizerConfig = { name: 'adam', weightDecay: 0, clip: 0.25 };

/** Makes an engine, hands it to `use` and closes it. Weights are random, the same for the same `seed`. */
export async function withEngine<T>(
  options: Partial<EngineOptions> & { model: ModelConfig },
  use: (engine: Engine) => Promise<T>,
  seed = 1,
): Promise<T> {
  const sizes = { batchSize: 3, sequenceLength: 4, threads: 1, kernel: 'strict' as const, ...options };
  const engine = await createEngine({ sourceLength: sizes.sequenceLength + 1, ...sizes });
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
  for (const kernel of ['fma', 'wide', 'native'] as const) {
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

/** Random parameters as the reference takes them and as the engine does. */
export function tensorsOf(config: ModelConfig, seed: number): { values: Values; tensors: Tensor[] } {
  const values = randomParameters(config, seed);
  const tensors = parameterSpecs(config).map(({ name, shape }) => ({
    name,
    shape,
    data: Float32Array.from(values[name]),
  }));
  return { values, tensors };
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
 * For `updateParameters` of the reference: the elements of embeddings that are updated by the rows in use (which their engine's
 * moments show) whose row the batch does not use, padding not counted.
 */
export function restingElements(
  engine: Engine,
  { embedding }: ModelConfig,
  batch: Batch,
): (name: string, index: number) => boolean {
  const used = new Map<string, Set<number>>();
  const bySparse = (name: string, batch: Pick<Batch, 'steps' | 'inputs' | 'lengths'>) => {
    if (engine.moments.some((moment) => moment.name === `${name}_last_update`)) {
      used.set(`${name}.weight`, usedTokens(batch));
    }
  };
  bySparse('embedding', batch);
  if (batch.source) bySparse('source_embedding', batch.source);
  return (name, index) => used.get(name)?.has(Math.floor(index / embedding)) === false;
}

/** Tokens that a batch reads. */
export function usedTokens({ steps, inputs, lengths }: Pick<Batch, 'steps' | 'inputs' | 'lengths'>): Set<number> {
  const B = inputs.length / steps;
  return new Set(inputs.filter((_, i) => Math.floor(i / B) < (lengths?.[i % B] ?? steps)));
}

/**
 * The variants whose results differ in their rounding: `strict`, and of those with fused multiply-add, whose bits are the same
 * (test/kernels/native.test.ts, determinism.test.ts), the fastest here.
 */
export async function differentKernels(): Promise<Kernel[]> {
  const usable = await usableKernels();
  return [...new Set([usable[0], usable[usable.length - 1]])];
}
