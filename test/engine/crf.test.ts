/** What a CRF alone has: sequences as a whole, transitions that are impossible, more of them than fit one memory. */

import { describe, expect, it } from 'vitest';
import { createPredictor } from '../../src/engine/index.ts';
import { createRandom } from '../../src/random.ts';
import { impossibleTransitions } from '../../src/text/index.ts';
import { expectClose, expectNumberClose, expectSameBits } from '../compare.ts';
import { runTask } from '../reference/model.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM, readBits, readValues, tensorsOf, usableKernels, withEngine, writeValues } from './support.ts';

const model = modelConfig({ task: 'tag', bidirectional: true, output: 'crf', vocabulary: 23, classes: 5 });
const TAGS = ['O', 'B-X', 'I-X', 'B-Y', 'I-Y'];
const impossible = impossibleTransitions(TAGS, 'bio')!;

/** Whether every I goes on with an entity of its type. */
const keepsRule = (ids: ArrayLike<number>): boolean =>
  Array.from(ids, (id) => TAGS[id]).every(
    (tag, t, tags) => tag[0] !== 'I' || (t > 0 && tags[t - 1].slice(1) === tag.slice(1)),
  );

function sequencesOf(lengths: readonly number[], seed: number): number[][] {
  const random = createRandom(seed);
  return lengths.map((length) => Array.from({ length }, () => random.integer(model.vocabulary)));
}

describe.each(await usableKernels())('a predictor on the %s kernel', (kernel) => {
  const sequences = sequencesOf([3, 7, 1, 12, 40], 1);

  it('gives the likeliest sequence, and the loss of any', () => {
    const { values, tensors } = tensorsOf(model, 3);
    for (const [i, prediction] of createPredictor(model, tensors, kernel).predict(sequences).entries()) {
      const inputs = Int32Array.from(sequences[i]);
      const targets = inputs.map((id) => id % 5);
      const expected = runTask(model, values, { steps: inputs.length, inputs, targets, fresh: true });
      expect(prediction.likeliest).toEqual(expected.likeliest);
      const losses = prediction.losses(targets);
      expect(losses.slice(1)).toEqual(new Float64Array(inputs.length - 1));
      expectNumberClose(losses[0], expected.rowLosses[0], 1e-5, `loss of sequence ${i}`);
      const { logProbabilities } = expected;
      expectClose({ values: prediction.logProbabilities }, { values: logProbabilities }, 1e-5, `sequence ${i}`);
    }
  });

  it('gives the loss of each tag by itself where one is none of its classes', () => {
    const { tensors } = tensorsOf(model, 3);
    const [{ logProbabilities, losses }] = createPredictor(model, tensors, kernel).predict([sequences[1]]);
    const targets = [0, 3, -1, 2, -2, 4, 1];
    const expected = targets.map((id, t) => (id < 0 ? 0 : -logProbabilities[t * 5 + id]));
    expectClose({ losses: losses(targets) }, { losses: Float64Array.from(expected) }, 1e-6, 'losses');
  });

  it('never gives an impossible sequence, and its loss is over all of them still', () => {
    const { tensors } = tensorsOf(model, 4);
    const many = sequencesOf(new Array(200).fill(9), 2);
    const free = createPredictor(model, tensors, kernel).predict(many);
    const bound = createPredictor(model, tensors, kernel, 1, impossible).predict(many);
    expect(free.filter(({ likeliest }) => !keepsRule(likeliest)).length).toBeGreaterThan(50);
    for (const [i, { likeliest, logProbabilities, losses }] of bound.entries()) {
      expect(keepsRule(likeliest)).toBe(true);
      // The first token is inside of nothing.
      expect(logProbabilities[2]).toBe(-Infinity);
      for (let t = 0; t < 9; t++) {
        const own = logProbabilities.subarray(t * 5, (t + 1) * 5);
        expectNumberClose(
          own.reduce((sum, value) => sum + Math.exp(value), 0),
          1,
          1e-6,
          'sum of the probabilities',
        );
      }
      const broken = Int32Array.of(2, 4, 2, 4, 2, 4, 2, 4, 2);
      expect(losses(broken)).toEqual(free[i].losses(broken));
    }
  });
});

describe('an engine', () => {
  const options = { model, batchSize: 4, sequenceLength: 6, threads: 2 };

  it('counts what the likeliest possible sequences have right', async () => {
    const batch = randomBatch(model, { steps: 6, batchSize: 4, lengths: [6, 4, 1, 0] }, 1);
    const { tensors, values } = tensorsOf(model, 4);
    const sequences = [6, 4, 1].map((length, row) => Array.from({ length }, (_, t) => batch.inputs[t * 4 + row]));
    const predictions = createPredictor(model, tensors, 'strict', 1, impossible).predict(sequences);
    const targets = new Int32Array(24);
    predictions.forEach(({ likeliest }, row) => {
      likeliest.forEach((id, t) => {
        targets[t * 4 + row] = id;
      });
    });
    await withEngine({ ...options, impossible }, async (engine) => {
      writeValues(engine.parameters, values);
      expect((await engine.evaluate({ ...batch, targets })).right).toBe(11);
    });
    await withEngine(options, async (engine) => {
      writeValues(engine.parameters, values);
      expect((await engine.evaluate({ ...batch, targets })).right).toBeLessThan(11);
    });
  });

  it('ends a sequence before its first position without a target', async () => {
    const batch = randomBatch(model, { steps: 6, batchSize: 4 }, 1);
    const targets = batch.targets.map((target, i) => ([6, 8, 21].includes(i) ? -1 : target));
    const training = { optimizer: ADAM, dropout: 0, seed: 1 };
    await withEngine({ ...options, training }, async (engine) => {
      const parameters = readValues(engine.parameters);
      const { rowLosses, gradients, tokens } = runTask(model, parameters, { ...batch, targets });
      const { loss } = await engine.train({ ...batch, targets }, 0.01);
      expectNumberClose(loss, rowLosses.reduce((sum, one) => sum + one, 0) / tokens, 1e-5, 'loss');
      expectClose(readValues(engine.gradients), gradients, 1e-5, 'gradients');
    });
  });

  it('sums the counts of many tags in groups, the same for any number of threads', async () => {
    const many = modelConfig({ task: 'tag', output: 'crf', hidden: 5, vocabulary: 7, classes: 800 });
    const batch = randomBatch(many, { steps: 2, batchSize: 5, lengths: [2, 2, 2, 1, 0] }, 1);
    const training = { optimizer: ADAM, dropout: 0, seed: 1 };
    const runs = [1, 3].map((threads) =>
      withEngine({ model: many, batchSize: 5, sequenceLength: 2, threads, training }, async (engine) => {
        const expected = runTask(many, readValues(engine.parameters), batch);
        await engine.train(batch, 0.01);
        expectClose(readValues(engine.gradients), expected.gradients, 1e-5, `gradients on ${threads} threads`);
        return readBits(engine.parameters);
      }),
    );
    const [one, three] = await Promise.all(runs);
    expectSameBits(three, one, '3 threads');
  });
});
