/** Padded positions count for nothing: not in the loss, the gradients or the state. */

import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/text/types.ts';
import { expectClose, expectNumberClose, expectSameBits } from '../compare.ts';
import { CELLS, cellName } from '../reference/networks.ts';
import { modelConfig, randomBatch, randomStates } from '../reference/random.ts';
import { ADAM, readBits, readValues, withEngine, writeStates } from './support.ts';

const LENGTHS = [9, 7, 7, 4, 1, 1, 0];
const BATCH_SIZE = LENGTHS.length;
const STEPS = LENGTHS[0];
const training = { optimizer: ADAM, dropout: 0, seed: 1 };

/** One row of a batch as a batch of its own, without its padding. */
function singleRow(batch: Batch, row: number): Batch {
  const column = (values: Int32Array) =>
    Int32Array.from({ length: LENGTHS[row] }, (_, t) => values[t * BATCH_SIZE + row]);
  return { steps: LENGTHS[row], inputs: column(batch.inputs), targets: column(batch.targets), fresh: batch.fresh };
}

describe.each(CELLS.map((cell) => ({ name: cellName(cell), cell })))('padding in a $name', ({ cell }) => {
  const model = modelConfig({ ...cell, hidden: 17, layers: 2, embedding: 9, vocabulary: 19 });
  const options = { model, batchSize: BATCH_SIZE, sequenceLength: STEPS + 2, threads: 2 };
  const rowOf = (state: Record<string, Uint32Array>, row: number) =>
    Object.fromEntries(
      Object.entries(state).map(([name, bits]) => [name, bits.slice(row * model.hidden, (row + 1) * model.hidden)]),
    );
  const ragged = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, lengths: LENGTHS, fresh: true }, 1);

  it("leaves each line's own loss and state", async () => {
    const together = await withEngine(options, async (engine) => ({
      ...(await engine.evaluate(ragged)),
      state: readBits(engine.readState()),
    }));
    expect(together.tokens).toBe(LENGTHS.reduce((sum, length) => sum + length));
    let lossSum = 0;
    await withEngine({ ...options, batchSize: 1, threads: 1 }, async (engine) => {
      for (let row = 0; row < BATCH_SIZE; row++) {
        if (LENGTHS[row] === 0) continue;
        lossSum += (await engine.evaluate(singleRow(ragged, row))).lossSum;
        expectSameBits(readBits(engine.readState()), rowOf(together.state, row), `state of row ${row}`);
      }
    });
    expectNumberClose(together.lossSum, lossSum, 1e-6, 'summed loss');
  });

  it('never reaches the loss, the gradients or the parameters, whatever it holds', async () => {
    const fill = (values: Int32Array, token: number) =>
      values.map((value, index) => (Math.floor(index / BATCH_SIZE) < LENGTHS[index % BATCH_SIZE] ? value : token));
    const runs = [3, model.vocabulary - 1].map((token) =>
      withEngine({ ...options, training }, async (engine) => {
        const padded = { ...ragged, inputs: fill(ragged.inputs, token), targets: fill(ragged.targets, token) };
        const { loss } = await engine.train(padded, 0.01);
        return { loss, gradients: readBits(engine.gradients), parameters: readBits(engine.parameters) };
      }),
    );
    const [one, other] = await Promise.all(runs);
    expect(one.loss).toBe(other.loss);
    expectSameBits(one.gradients, other.gradients, 'gradients');
    expectSameBits(one.parameters, other.parameters, 'parameters');
  });

  it('can go on beyond the longest line', async () => {
    const extra = new Int32Array(2 * BATCH_SIZE).fill(3);
    const longer = {
      ...ragged,
      steps: STEPS + 2,
      inputs: Int32Array.of(...ragged.inputs, ...extra),
      targets: Int32Array.of(...ragged.targets, ...extra),
    };
    const runs = [ragged, longer].map((batch) =>
      withEngine({ ...options, training }, async (engine) => {
        const { loss, tokens } = await engine.train(batch, 0.01);
        return { loss, tokens, gradients: readValues(engine.gradients), state: readBits(engine.readState()) };
      }),
    );
    const [exact, padded] = await Promise.all(runs);
    expect(padded.tokens).toBe(exact.tokens);
    expectSameBits(padded.state, exact.state, 'state');
    expectNumberClose(padded.loss, exact.loss, 1e-6, 'loss');
    expectClose(padded.gradients, exact.gradients, 1e-6, 'gradients');
  });

  it('leaves the state of a row without tokens as it was', async () => {
    await withEngine({ ...options, training }, async (engine) => {
      writeStates(engine, model.hidden, randomStates(model, BATCH_SIZE, 2));
      const before = readBits(engine.readState());
      await engine.train({ ...ragged, fresh: false }, 0.01);
      const after = readBits(engine.readState());
      expectSameBits(rowOf(after, BATCH_SIZE - 1), rowOf(before, BATCH_SIZE - 1), 'state of the empty row');
      expect(rowOf(after, 0)).not.toEqual(rowOf(before, 0));
    });
  });
});
