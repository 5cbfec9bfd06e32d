/** Dropout in the networks of all tasks: on what the directions give together, the same forward and back. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/model/config.ts';
import { expectClose, expectNumberClose } from '../compare.ts';
import { type Masks, runTask } from '../reference/model.ts';
import { CELLS, cellName, taskModels, taskName } from '../reference/networks.ts';
import { modelConfig, randomBatch, randomParameters } from '../reference/random.ts';
import { ADAM, readValues, withEngine, writeValues } from './support.ts';

const RATE = 0.4;
const training = { optimizer: ADAM, dropout: RATE, seed: 3 };
const LENGTHS = [5, 4, 2, 1];
const BATCH_SIZE = LENGTHS.length;
const STEPS = LENGTHS[0];
const HIDDEN = 17;
const UPDATE = 2;

const options = { batchSize: BATCH_SIZE, sequenceLength: STEPS, threads: 2, training };

/** Where dropout may be: the weights that read it, and by how many time steps it lies beside a target that reaches it. */
interface Place {
  weights: string;
  width: number;
  shift: number;
}

/**
 * The masks (T, B, width) of some places, read from gradients. No layer looks back, so that the gradient of one target
 * alone reaches each place at one time step, and weights by which dropped units are read have none. Where no target
 * reaches the mask does not matter; a place in which nothing is dropped has a mask of ones.
 */
async function readMasks(network: ModelConfig, places: readonly Place[]): Promise<Float64Array[]> {
  const model: ModelConfig = { ...network, cell: 'rnn', layers: 2 };
  const parameters = randomParameters(model, 2);
  for (const name of Object.keys(parameters)) if (/weight_hh/.test(name)) parameters[name].fill(0);
  const positions = STEPS * BATCH_SIZE;
  const masks = places.map(({ width }) => new Float64Array(positions * width).fill(1 / (1 - RATE)));
  const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, fresh: true }, 7);
  await withEngine({ ...options, model }, async (engine) => {
    writeValues(engine.parameters, parameters);
    for (let position = 0; position < positions; position++) {
      engine.updates = UPDATE;
      const targets = new Int32Array(positions).fill(-1);
      targets[position] = batch.inputs[position] % 5;
      await engine.train({ ...batch, targets }, 0);
      const gradients = readValues(engine.gradients);
      places.forEach(({ weights, width, shift }, i) => {
        const at = position + shift * BATCH_SIZE;
        if (at < 0 || at >= positions) return;
        const read = columnsInUse(gradients[weights], width);
        const reverse = gradients[`${weights}_reverse`];
        if (reverse) expect(columnsInUse(reverse, width), 'both directions read the same').toEqual(read);
        masks[i].set(
          read.map((used) => used / (1 - RATE)),
          at * width,
        );
      });
    }
  });
  return masks.map((mask) => (mask.includes(0) ? mask : mask.fill(1)));
}

/** Of a matrix, 1 for each column that is not all zero. */
function columnsInUse(matrix: Float64Array, columns: number): Float64Array {
  const used = new Float64Array(columns);
  matrix.forEach((value, k) => {
    if (value !== 0) used[k % columns] = 1;
  });
  return used;
}

const EMBEDDING = 9;
const sizes = { hidden: HIDDEN, embedding: EMBEDDING, vocabulary: 19, layers: 2 };

function taggerPlaces(width: number): Place[] {
  return [
    { weights: 'rnn.weight_ih_l0', width: EMBEDDING, shift: 0 },
    { weights: 'rnn.weight_ih_l1', width, shift: 0 },
    { weights: 'output.weight', width, shift: 0 },
  ];
}

const taggerMasks = ([embedding, layer, features]: Float64Array[]): Masks => ({
  embeddings: { rnn: embedding },
  layers: { rnn: [layer] },
  features,
});

describe.each([
  {
    name: 'tag, concat',
    network: modelConfig({ ...sizes, task: 'tag', bidirectional: true, classes: 13 }),
    places: taggerPlaces(2 * HIDDEN),
    dropping: 3,
    toMasks: taggerMasks,
  },
  {
    name: 'tag, sum',
    network: modelConfig({ ...sizes, task: 'tag', bidirectional: true, classes: 13, merge: 'sum' }),
    places: taggerPlaces(HIDDEN),
    dropping: 3,
    toMasks: taggerMasks,
  },
  {
    name: 'fill',
    network: modelConfig({ ...sizes, task: 'fill' }),
    places: [
      { weights: 'past.weight_ih_l1', width: HIDDEN, shift: -1 },
      { weights: 'future.weight_ih_l1', width: HIDDEN, shift: 1 },
      { weights: 'past.weight_ih_l0', width: EMBEDDING, shift: -1 },
    ],
    dropping: 2,
    toMasks: ([past, future]: Float64Array[]): Masks => ({ layers: { past: [past], future: [future] } }),
  },
])('dropout: $name', ({ network, places, dropping, toMasks }) => {
  let masks: Float64Array[] = [];
  beforeAll(async () => {
    masks = await readMasks(network, places);
  });

  it('drops at its rate in the places that it should, in each anew', () => {
    const inUse = masks.filter((mask) => mask.includes(0));
    expect(inUse).toEqual(masks.slice(0, dropping));
    for (const [i, mask] of inUse.entries()) {
      const share = mask.filter((value) => value === 0).length / mask.length;
      expect(Math.abs(share - RATE) / Math.sqrt((RATE * (1 - RATE)) / mask.length)).toBeLessThan(4.5);
      const [a, b] = [mask, inUse[(i + 1) % inUse.length]].map((one) => one.subarray(0, EMBEDDING));
      expect(a).not.toEqual(b);
    }
  });

  it.each(CELLS.map((cell) => ({ name: cellName(cell), cell })))(
    'agrees with the reference under these masks: $name',
    async ({ cell }) => {
      const model = { ...network, ...cell };
      const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, lengths: LENGTHS, fresh: true }, 1);
      await withEngine({ ...options, model }, async (engine) => {
        engine.updates = UPDATE;
        const expected = runTask(model, readValues(engine.parameters), batch, { masks: toMasks(masks) });
        const { loss } = await engine.train(batch, 0.01);
        expectNumberClose(loss, expected.loss, 1e-5, 'loss');
        expectClose(readValues(engine.gradients), expected.gradients, 1e-5, 'gradients');
      });
    },
  );
});

describe('the gradient is the slope of the loss under the masks of its update', () => {
  const networks = taskModels({ hidden: HIDDEN, embedding: 9, vocabulary: 19, classes: 13 })
    .filter(({ layers }) => layers > 1)
    .map((network, i) => {
      const model = { ...network, ...CELLS[i % CELLS.length] };
      return { name: taskName(model), model };
    });

  it.each(networks)('$name', async ({ model }) => {
    const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, lengths: LENGTHS, fresh: true }, 1);
    await withEngine({ ...options, model }, async (engine) => {
      const before = readValues(engine.parameters);
      // Then what `fill` reports is all of its loss that depends on the other parameters.
      before['past_output.weight']?.fill(0);
      writeValues(engine.parameters, before);
      const loss = async (update = UPDATE) => {
        engine.updates = update;
        return (await engine.train(batch, 0)).loss;
      };
      const plain = await engine.evaluate(batch);
      const dropped = await loss();
      expect(Math.abs(dropped - plain.lossSum / plain.tokens)).toBeGreaterThan(1e-5);
      expect(Math.abs(dropped - (await loss(UPDATE + 1)))).toBeGreaterThan(1e-5);
      expect(await loss()).toBe(dropped);

      const gradients = readValues(engine.gradients);
      for (const name of Object.keys(before).filter((name) => !name.startsWith('past_output'))) {
        const slope = gradients[name];
        const norm = Math.sqrt(slope.reduce((sum, value) => sum + value ** 2, 0));
        const lossAt = (distance: number) => {
          const values = before[name].map((value, k) => value + (distance * slope[k]) / norm);
          writeValues(engine.parameters, { ...before, [name]: values });
          return loss();
        };
        const difference = ((await lossAt(0.01)) - (await lossAt(-0.01))) / 0.02;
        expect(Math.abs(difference - norm), `slope along the gradient of ${name}`).toBeLessThan(0.01 * norm + 1e-4);
        writeValues(engine.parameters, before);
      }
    });
  });
});
