/** The recurrent state from chunk to chunk, evaluation, and the views that an engine gives of its numbers. */

import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/text/types.ts';
import { expectClose, expectNumberClose, expectSameBits } from '../compare.ts';
import { runModel, zeroStates } from '../reference/model.ts';
import { CELLS, cellName } from '../reference/networks.ts';
import { modelConfig, randomBatch, randomStates } from '../reference/random.ts';
import { elementCount, parameterSpecs } from '../reference/shapes.ts';
import { ADAM, readBits, readValues, withEngine, writeStates } from './support.ts';

const BATCH_SIZE = 5;
const STEPS = 6;

/** Time steps `from` to `to` of a batch. */
function slice(batch: Batch, from: number, to: number): Batch {
  const cut = (values: Int32Array) => values.slice(from * BATCH_SIZE, to * BATCH_SIZE);
  return { steps: to - from, inputs: cut(batch.inputs), targets: cut(batch.targets), fresh: batch.fresh && from === 0 };
}

describe.each(CELLS.map((cell) => ({ name: cellName(cell), cell })))('the recurrent state of a $name', ({ cell }) => {
  const model = modelConfig({ ...cell, hidden: 17, layers: 2, embedding: 0, vocabulary: 23 });
  const options = { model, batchSize: BATCH_SIZE, sequenceLength: STEPS, threads: 2 };
  const whole = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, fresh: true }, 1);

  it('goes on from chunk to chunk as if the text had not been cut', async () => {
    const uncut = await withEngine(options, async (engine) => ({
      ...(await engine.evaluate(whole)),
      state: readBits(engine.readState()),
    }));
    await withEngine(options, async (engine) => {
      const first = await engine.evaluate(slice(whole, 0, 3));
      const second = await engine.evaluate(slice(whole, 3, STEPS));
      expect(first.tokens + second.tokens).toBe(uncut.tokens);
      expectNumberClose(first.lossSum + second.lossSum, uncut.lossSum, 1e-6, 'summed loss');
      expectSameBits(readBits(engine.readState()), uncut.state, 'state');
    });
  });

  it('is zero for a fresh chunk, whatever it was', async () => {
    await withEngine(options, async (engine) => {
      const first = await engine.evaluate(whole);
      const state = readBits(engine.readState());
      writeStates(engine, model.hidden, randomStates(model, BATCH_SIZE, 2));
      expect(await engine.evaluate(whole)).toEqual(first);
      expectSameBits(readBits(engine.readState()), state, 'state');
    });
  });

  it('comes back as it was written, in the shape (B, H)', async () => {
    await withEngine(options, async (engine) => {
      const states = randomStates(model, BATCH_SIZE, 2);
      writeStates(engine, model.hidden, states);
      const copy = engine.readState();
      expect(readValues(copy)).toEqual(states);
      for (const { shape } of copy) expect(shape).toEqual([BATCH_SIZE, model.hidden]);
      copy[0].data.fill(0);
      expect(readValues(engine.readState())).toEqual(states);
    });
  });
});

describe.each([
  { name: 'an exact softmax', cutoffs: {} },
  { name: 'an adaptive one', cutoffs: { cutoffs: [4, 10] } },
])('evaluation with $name', ({ cutoffs }) => {
  const model = modelConfig({ hidden: 16, layers: 2, vocabulary: 23, ...cutoffs });
  const options = { model, batchSize: BATCH_SIZE, sequenceLength: STEPS, threads: 2 };
  const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, fresh: true }, 1);

  it('uses no dropout', async () => {
    const training = { optimizer: ADAM, dropout: 0.5, seed: 1 };
    await withEngine({ ...options, training }, async (engine) => {
      const expected = runModel(model, readValues(engine.parameters), batch, zeroStates(model, BATCH_SIZE));
      const result = await engine.evaluate(batch);
      expectNumberClose(result.lossSum, expected.loss * expected.tokens, 1e-6, 'summed loss');
      expectClose(readValues(engine.readState()), expected.state, 1e-6, 'state');
    });
  });

  it('gives the same bits in an engine that cannot train, which has no gradients', async () => {
    const training = { optimizer: ADAM, dropout: 0.5, seed: 1 };
    const result = await withEngine({ ...options, training }, (engine) => engine.evaluate(batch));
    await withEngine(options, async (engine) => {
      expect(await engine.evaluate(batch)).toEqual(result);
      expect(engine.gradients).toEqual([]);
      expect(engine.moments).toEqual([]);
    });
  });

  it('gives the loss of the training step that follows', async () => {
    await withEngine({ ...options, training: { optimizer: ADAM, dropout: 0, seed: 1 } }, async (engine) => {
      const { lossSum, tokens } = await engine.evaluate(batch);
      expect((await engine.train(batch, 0.01)).loss).toBe(lossSum / tokens);
    });
  });

  it('leaves parameters, moments and the count of updates alone', async () => {
    await withEngine({ ...options, training: { optimizer: ADAM, dropout: 0.5, seed: 1 } }, async (engine) => {
      await engine.train(batch, 0.01);
      const read = () => readBits([...engine.parameters, ...engine.moments]);
      const before = read();
      await engine.evaluate(batch);
      expectSameBits(read(), before, 'parameters and moments');
      expect(engine.updates).toBe(1);
    });
  });
});

describe('the views of an engine', () => {
  const model = modelConfig({ layers: 2, hidden: 5, embedding: 5, tie: true });

  it('are named and shaped like the parameters of the model', async () => {
    await withEngine({ model, training: { optimizer: ADAM, dropout: 0, seed: 1 } }, async (engine) => {
      for (const tensors of [engine.parameters, engine.gradients]) {
        expect(tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(
          parameterSpecs(model).map(({ name, shape }) => ({ name, shape })),
        );
        for (const { shape, data } of tensors) expect(data.length).toBe(elementCount(shape));
      }
    });
  });

  it.each([
    ['adam', ['m', 'v']],
    ['adamw', ['m', 'v']],
    ['rmsprop', ['v']],
    ['sgd', ['momentum']],
    ['lion', ['m']],
    ['muon', ['m', 'v']],
  ] as const)('hold the moments of %s', async (name, moments) => {
    const optimizer = { name, weightDecay: 0, clip: 0 };
    await withEngine({ model, training: { optimizer, dropout: 0, seed: 1 } }, async (engine) => {
      expect(engine.moments.map((tensor) => tensor.name)).toEqual(moments);
    });
  });
});
