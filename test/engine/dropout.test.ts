/** Dropout's masks, read through a model that shows them, and training under them. */

import { describe, expect, it } from 'vitest';
import { expectClose, expectNumberClose } from '../compare.ts';
import { runModel, type Values, zeroParameters, zeroStates } from '../reference/model.ts';
import { CELLS, cellName } from '../reference/networks.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM, readValues, withEngine, writeValues } from './support.ts';

const HIDDEN = 17;
const BATCH_SIZE = 6;
const STEPS = 5;
const RATE = 0.3;

/**
 * The masks (T, B, H) after layer `layer` of some training steps, read from the state of a model made for it. Up to
 * that layer all units say the same; the next one is nearly linear, passes each unit on to the unit of its number and
 * halves what it remembers, so that its final state spells a unit's mask over time in binary: the sum of m[t] /
 * 2^(T-1-t).
 */
async function readMasks(
  layer: number,
  { threads = 2, seed = 1, rate = RATE, updates = 1, hidden = HIDDEN, batchSize = BATCH_SIZE },
): Promise<Float64Array[]> {
  const model = modelConfig({ cell: 'rnn', hidden, layers: layer + 2 });
  const small = 1e-3;
  const parameters = zeroParameters(model);
  for (let k = 0; k <= layer; k++) parameters[`rnn.bias_ih_l${k}`].fill(3);
  for (let j = 0; j < hidden; j++) {
    parameters[`rnn.weight_ih_l${layer + 1}`][j * hidden + j] = small;
    parameters[`rnn.weight_hh_l${layer + 1}`][j * hidden + j] = 0.5;
  }
  const unit = (small * Math.tanh(3)) / (1 - rate);
  const training = { optimizer: ADAM, dropout: rate, seed };
  const options = { model, batchSize, sequenceLength: STEPS, threads, training };
  return withEngine(options, async (engine) => {
    writeValues(engine.parameters, parameters);
    const masks: Float64Array[] = [];
    for (let update = 0; update < updates; update++) {
      await engine.train(randomBatch(model, { steps: STEPS, batchSize, fresh: true }, update), 0);
      masks.push(decode(readValues(engine.readState())[`h_l${layer + 1}`], unit, rate));
    }
    return masks;
  });
}

function decode(state: Float64Array, unit: number, rate: number): Float64Array {
  const mask = new Float64Array(STEPS * state.length);
  state.forEach((value, position) => {
    const word = (value / unit) * 2 ** (STEPS - 1);
    expect(Math.abs(word - Math.round(word)), 'kept values are scaled by 1 / (1 - rate)').toBeLessThan(0.01);
    for (let t = 0; t < STEPS; t++) {
      const kept = (Math.round(word) >> t) & 1;
      mask[t * state.length + position] = kept / (1 - rate);
    }
  });
  return mask;
}

/** Share of zeros among the values whose index `select` picks. */
function dropped(masks: readonly Float64Array[], select: (index: number) => boolean = () => true) {
  const values = masks.flatMap((mask) => [...mask].filter((_, index) => select(index)));
  return { share: values.filter((value) => value === 0).length / values.length, count: values.length };
}

/** Within four and a half standard deviations of a binomial share. */
function expectShare({ share, count }: { share: number; count: number }, probability: number, what: string): void {
  const deviation = Math.sqrt((probability * (1 - probability)) / count);
  expect(Math.abs(share - probability) / deviation, what).toBeLessThan(4.5);
}

describe('the masks of dropout', () => {
  it('drop every time step, row and unit at the rate', async () => {
    const masks = await readMasks(0, { updates: 20 });
    expectShare(dropped(masks), RATE, 'all');
    const width = BATCH_SIZE * HIDDEN;
    for (let t = 0; t < STEPS; t++) {
      expectShare(
        dropped(masks, (index) => Math.floor(index / width) === t),
        RATE,
        `time step ${t}`,
      );
    }
    for (let row = 0; row < BATCH_SIZE; row++) {
      expectShare(
        dropped(masks, (index) => Math.floor((index % width) / HIDDEN) === row),
        RATE,
        `row ${row}`,
      );
    }
    for (let j = 0; j < HIDDEN; j++) {
      expectShare(
        dropped(masks, (index) => index % HIDDEN === j),
        RATE,
        `unit ${j}`,
      );
    }
  });

  it('have nothing to do with each other from position to position, update to update, layer to layer and seed to seed', async () => {
    const [first, second] = await readMasks(0, { updates: 2 });
    const [nextLayer] = await readMasks(1, {});
    const [otherSeed] = await readMasks(0, { seed: 2 });
    const shifts = [1, HIDDEN, BATCH_SIZE * HIDDEN].map((by) =>
      Float64Array.of(...first.slice(by), ...first.slice(0, by)),
    );
    const others = { second, nextLayer, otherSeed, unit: shifts[0], row: shifts[1], 'time step': shifts[2] };
    for (const [name, other] of Object.entries(others)) {
      const different = first.map((value, index) => (value === other[index] ? 1 : 0));
      expectShare(dropped([different]), 2 * RATE * (1 - RATE), name);
    }
  });

  it('are the same for any number of threads', async () => {
    const alone = await readMasks(0, { threads: 1, updates: 3 });
    for (const threads of [2, 3]) expect(await readMasks(0, { threads, updates: 3 })).toEqual(alone);
  });

  it('follow the rate', async () => {
    for (const rate of [0.1, 0.5, 0.8]) expectShare(dropped(await readMasks(0, { rate, updates: 5 })), rate, `${rate}`);
  });
});

describe('training with dropout', () => {
  it.each(
    CELLS.flatMap((cell) => [
      { name: cellName(cell), cell, hidden: HIDDEN, layers: 3, lengths: [5, 5, 3, 2, 1, 0] },
      // Two threads take shares of the units.
      { name: `${cellName(cell)}, many units`, cell, hidden: 128, layers: 2, lengths: [5, 3] },
    ]),
  )('agrees with the reference model under the same masks: $name', async ({ cell, hidden, layers, lengths }) => {
    const model = modelConfig({ ...cell, hidden, layers, vocabulary: 23 });
    const batchSize = lengths.length;
    const training = { optimizer: ADAM, dropout: RATE, seed: 9 };
    const options = { model, batchSize, sequenceLength: STEPS, threads: 2, training };
    const layersBelow = Array.from({ length: layers - 1 }, (_, layer) => layer);
    const read = { threads: 1, seed: 9, updates: 2, hidden, batchSize };
    const masks = await Promise.all(layersBelow.map((layer) => readMasks(layer, read)));
    await withEngine(options, async (engine) => {
      for (let update = 0; update < 2; update++) {
        const batch = randomBatch(model, { steps: STEPS, batchSize, lengths, fresh: true }, update);
        const parameters: Values = readValues(engine.parameters);
        const masksNow = masks.map((updates) => updates[update]);
        const expected = runModel(model, parameters, batch, zeroStates(model, batchSize), masksNow);
        const plain = runModel(model, parameters, batch, zeroStates(model, batchSize));
        const result = await engine.train(batch, 0.01);
        expect(Math.abs(result.loss - plain.loss)).toBeGreaterThan(1e-4);
        expectNumberClose(result.loss, expected.loss, 1e-5, 'loss');
        expectClose(readValues(engine.gradients), expected.gradients, 1e-5, 'gradients');
        expectClose(readValues(engine.readState()), expected.state, 1e-5, 'final state');
      }
    });
  });
});
