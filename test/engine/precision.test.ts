/** Products with operands rounded to bfloat16: the same bits for every kernel and number of threads, and close to single precision. */

import { describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../src/engine/types.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { expectSameBits } from '../compare.ts';
import { CELLS, cellName } from '../reference/networks.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM, readBits, readValues, usableKernels, withEngine } from './support.ts';

const SIZES = { batchSize: 7, steps: 5 };
const training = { optimizer: ADAM, dropout: 0.3, seed: 5 };
const kernels = await usableKernels();

/** Parameters, moments and states after three steps, and the gradients of the first. */
function run(options: Partial<EngineOptions> & { model: ModelConfig }) {
  return withEngine(
    { batchSize: SIZES.batchSize, sequenceLength: SIZES.steps, precision: 'bf16', training, ...options },
    async (engine) => {
      await engine.train(randomBatch(options.model, SIZES, 0), 0.02);
      const gradients = readValues(engine.gradients);
      for (let step = 1; step < 3; step++) await engine.train(randomBatch(options.model, SIZES, step), 0.02);
      return { bits: readBits([...engine.parameters, ...engine.moments, ...engine.readState()]), gradients };
    },
  );
}

const norm = (values: Float64Array): number => Math.hypot(...values);

/** A one-hot input, an embedding by position, and one that has a table; an adaptive softmax; a tied one. */
const MODELS = [
  ...CELLS.map((cell, i) => ({
    name: cellName(cell),
    model: modelConfig({ ...cell, hidden: 33, layers: 2, vocabulary: 37, embedding: [0, 9, 24][i % 3] }),
  })),
  {
    name: 'an adaptive softmax',
    model: modelConfig({ hidden: 33, embedding: 16, vocabulary: 70, cutoffs: [9, 40] }),
  },
  {
    name: 'an embedding from a table, tied',
    model: modelConfig({ hidden: 16, embedding: 16, vocabulary: 9, tie: true }),
  },
];

describe.each(MODELS)('$name', ({ model }) => {
  it('has the same bits with every kernel and number of threads', async () => {
    // The gates of `strict` are rounded in another way, so it is like itself alone.
    const fused = kernels.find((kernel) => kernel !== 'strict');
    for (const kernel of kernels) {
      const { bits } = await run({ model, kernel: kernel === 'strict' ? 'strict' : fused! });
      for (const threads of [1, 2, 3]) {
        expectSameBits((await run({ model, kernel, threads })).bits, bits, `${kernel}, ${threads} threads`);
      }
    }
  });

  it('has gradients as close to those of single precision as 8 bits allow', async () => {
    const [rounded, exact] = await Promise.all(
      (['bf16', 'f32'] as const).map((precision) => run({ model, precision })),
    );
    for (const [name, values] of Object.entries(exact.gradients)) {
      const others = rounded.gradients[name];
      const distance = norm(values.map((value, i) => value - others[i]));
      // Each operand is off by up to 2^-9 of itself, forward and back; the slope of a minGRU's candidate jumps at 0.
      expect(distance, name).toBeLessThan((model.cell === 'mingru' ? 2 ** -4 : 2 ** -6) * norm(values));
      expect(distance, name).toBeGreaterThan(0);
    }
  });
});
