/** Dropout in the stacks of all tasks: between the layers, on what the directions give together, the same forward and back. */

import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/model/config.ts';
import { type StackShape, stackShapes, stackWidth } from '../../src/model/parameters.ts';
import { expectClose, expectNumberClose } from '../compare.ts';
import { type Masks, runTask } from '../reference/model.ts';
import { taskModels, taskName } from '../reference/networks.ts';
import { modelConfig, randomBatch, randomParameters } from '../reference/random.ts';
import { ADAM, CELLS, cellName, readValues, withEngine, writeValues } from './support.ts';

const RATE = 0.4;
const training = { optimizer: ADAM, dropout: RATE, seed: 3 };
const LENGTHS = [5, 4, 2, 1];
const BATCH_SIZE = LENGTHS.length;
const STEPS = LENGTHS[0];
const HIDDEN = 17;
const UPDATE = 2;

const options = { batchSize: BATCH_SIZE, sequenceLength: STEPS, threads: 2, training };

/**
 * The mask after the first layer of each stack, read from gradients. The second layer does not look back, so that of one target alone
 * reaches it at one time step, and weights by which it reads dropped units have no gradient. `shift` is by how much the time step is
 * beside the target's; where no target reaches, the mask does not matter.
 */
async function readMasks(network: ModelConfig, shifts: Partial<Record<StackShape['name'], number>>): Promise<Masks> {
  const model: ModelConfig = { ...network, cell: 'rnn', layers: 2 };
  const parameters = randomParameters(model, 2);
  for (const name of Object.keys(parameters)) if (/weight_hh_l1/.test(name)) parameters[name].fill(0);
  const width = (name: string) => stackWidth(model, stackShapes(model).find((stack) => stack.name === name)!);
  const masks: Masks = {};
  for (const name of Object.keys(shifts) as StackShape['name'][]) {
    masks[name] = [new Float64Array(STEPS * BATCH_SIZE * width(name)).fill(1)];
  }
  const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, fresh: true }, 7);
  await withEngine({ ...options, model }, async (engine) => {
    writeValues(engine.parameters, parameters);
    for (let position = 0; position < STEPS * BATCH_SIZE; position++) {
      engine.updates = UPDATE;
      const targets = new Int32Array(STEPS * BATCH_SIZE).fill(-1);
      targets[position] = batch.inputs[position] % 5;
      await engine.train({ ...batch, targets }, 0);
      const gradients = readValues(engine.gradients);
      for (const [name, shift] of Object.entries(shifts)) {
        const [mask] = masks[name as StackShape['name']]!;
        const at = position + shift * BATCH_SIZE;
        if (at < 0 || at >= STEPS * BATCH_SIZE) continue;
        const W = width(name);
        const kept = (values: Float64Array) =>
          Float64Array.from({ length: W }, (_, i) =>
            values.some((value, k) => k % W === i && value !== 0) ? 1 / (1 - RATE) : 0,
          );
        const read = kept(gradients[`${name}.weight_ih_l1`]);
        const reverse = gradients[`${name}.weight_ih_l1_reverse`];
        if (reverse) expect(kept(reverse), 'both directions read the same').toEqual(read);
        mask.set(read, at * W);
      }
    }
  });
  return masks;
}

const sizes = { hidden: HIDDEN, embedding: 9, vocabulary: 19, layers: 2 };
const both = { bidirectional: true, classes: 13 };

describe.each([
  { name: 'tag, concat', network: modelConfig({ ...sizes, ...both, task: 'tag' }), shifts: { rnn: 0 } },
  { name: 'tag, sum', network: modelConfig({ ...sizes, ...both, task: 'tag', merge: 'sum' }), shifts: { rnn: 0 } },
  { name: 'fill', network: modelConfig({ ...sizes, task: 'fill' }), shifts: { past: -1, future: 1 } },
])('dropout: $name', async ({ network, shifts }) => {
  const masks = await readMasks(network, shifts);

  it('has masks of its rate that are not those of another stack', () => {
    const [first, second] = Object.values(masks).map(([mask]) => mask);
    for (const mask of [first, second ?? first]) {
      const read = mask.filter((value) => value !== 1);
      const share = read.filter((value) => value === 0).length / read.length;
      expect(Math.abs(share - RATE) / Math.sqrt((RATE * (1 - RATE)) / read.length)).toBeLessThan(4.5);
    }
    const inner = (mask: Float64Array) => mask.slice(BATCH_SIZE * HIDDEN, -BATCH_SIZE * HIDDEN);
    if (second) expect(inner(first)).not.toEqual(inner(second));
  });

  it.each(CELLS.map((cell) => ({ name: cellName(cell), cell })))(
    'agrees with the reference under these masks: $name',
    async ({ cell }) => {
      const model = { ...network, ...cell };
      const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, lengths: LENGTHS, fresh: true }, 1);
      await withEngine({ ...options, model }, async (engine) => {
        engine.updates = UPDATE;
        const expected = runTask(model, readValues(engine.parameters), batch, { masks });
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
