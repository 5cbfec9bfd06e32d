/** The state of the past from chunk to chunk in `fill`, where chunks overlap by what the future looks ahead. */

import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/text/types.ts';
import { expectClose, expectNumberClose, expectSameBits } from '../compare.ts';
import { runTask } from '../reference/model.ts';
import { CELLS, cellName } from '../reference/networks.ts';
import { modelConfig, randomBatch, randomStates } from '../reference/random.ts';
import { readBits, readValues, withEngine, writeStates } from './support.ts';

const BATCH_SIZE = 5;
const STEPS = 8;

/** Time steps `from` to `to` of a batch, with targets in the first `carry` of them. */
function slice(batch: Batch, from: number, to: number, carry: number): Batch {
  const inputs = batch.inputs.slice(from * BATCH_SIZE, to * BATCH_SIZE);
  const targets = inputs.map((token, i) => (i < carry * BATCH_SIZE ? token : -1));
  return { steps: to - from, inputs, targets, carry, fresh: from === 0 };
}

describe.each(CELLS.map((cell) => ({ name: cellName(cell), cell })))('fill with a $name', ({ cell }) => {
  const model = modelConfig({ ...cell, task: 'fill', hidden: 17, layers: 2, embedding: 0, vocabulary: 23 });
  const options = { model, batchSize: BATCH_SIZE, sequenceLength: STEPS, threads: 2 };
  const whole = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, fresh: true }, 1);

  it('goes on after `carry` time steps as if the text had not been cut', async () => {
    const uncut = await withEngine(options, async (engine) => ({
      ...(await engine.evaluate(whole)),
      state: readBits(engine.readState()),
    }));
    await withEngine(options, async (engine) => {
      const first = await engine.evaluate(slice(whole, 0, STEPS, 3));
      const second = await engine.evaluate(slice(whole, 3, STEPS, STEPS - 3));
      expect(first.tokens).toBe(3 * BATCH_SIZE);
      expect(first.tokens + second.tokens).toBe(uncut.tokens);
      expectNumberClose(first.lossSum + second.lossSum, uncut.lossSum, 1e-6, 'summed loss');
      expectNumberClose(first.pastLossSum! + second.pastLossSum!, uncut.pastLossSum!, 1e-6, 'summed loss of the past');
      expectSameBits(readBits(engine.readState()), uncut.state, 'state');
    });
  });

  it('has in its state what the reference leaves, of rows that end before `carry` and after it', async () => {
    const lengths = [8, 6, 4, 2, 0];
    const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, lengths, carry: 4 }, 2);
    await withEngine(options, async (engine) => {
      const state = randomStates(model, BATCH_SIZE, 3);
      writeStates(engine, model.hidden, state);
      expect(readValues(engine.readState())).toEqual(state);
      const expected = runTask(model, readValues(engine.parameters), batch, { state });
      const { lossSum } = await engine.evaluate(batch);
      expectNumberClose(
        lossSum,
        expected.rowLosses.reduce((sum, loss) => sum + loss, 0),
        1e-6,
        'summed loss',
      );
      expectClose(readValues(engine.readState()), expected.state, 1e-6, 'state');
    });
  });

  it('reads no state in a fresh chunk', async () => {
    await withEngine(options, async (engine) => {
      const first = await engine.evaluate(whole);
      writeStates(engine, model.hidden, randomStates(model, BATCH_SIZE, 2));
      expect(await engine.evaluate(whole)).toEqual(first);
    });
  });
});
