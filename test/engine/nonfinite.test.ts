/** A step that would spoil the weights is not taken. */

import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/types.ts';
import { expectSameBits } from '../compare.ts';
import { zeroParameters } from '../reference/model.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM, readBits, withEngine, writeValues } from './support.ts';

const model = modelConfig({ layers: 2 });
const options = { model, threads: 2, training: { optimizer: ADAM, dropout: 0.2, seed: 1 } };
const batch = randomBatch(model, { steps: 4, batchSize: 3, fresh: true }, 1);

const snapshot = (engine: Engine) => ({
  ...readBits([...engine.parameters, ...engine.moments]),
  updates: Uint32Array.of(engine.updates),
});

describe('a step whose loss or gradient is not finite', () => {
  it.each([NaN, Infinity])('changes neither parameters nor moments: %s in the weights', async (value) => {
    await withEngine(options, async (engine) => {
      await engine.train(batch, 0.01);
      const { data } = engine.parameters.find(({ name }) => name === 'rnn.weight_hh_l1')!;
      const kept = data[3];
      const good = snapshot(engine);
      data[3] = value;
      const broken = snapshot(engine);
      const result = await engine.train(batch, 0.01);
      expect(result.applied).toBe(false);
      expectSameBits(snapshot(engine), broken, 'after the step');

      data[3] = kept;
      expectSameBits(snapshot(engine), good, 'with the weight put back');
      const next = await engine.train(batch, 0.01);
      expect(next.applied).toBe(true);
    });
  });

  it('is not applied when only the gradient overflows', async () => {
    // Zero states make zero logits and a plain loss, but huge output weights reach the gradient of the state.
    const tiny = modelConfig({ cell: 'rnn', vocabulary: 5 });
    await withEngine({ ...options, model: tiny, batchSize: 1, sequenceLength: 1 }, async (engine) => {
      const parameters = zeroParameters(tiny);
      parameters['output.weight'].fill(3e38);
      parameters['output.weight'].fill(-3e38, 4 * tiny.hidden);
      writeValues(engine.parameters, parameters);
      const before = snapshot(engine);
      const step = { steps: 1, inputs: Int32Array.of(2), targets: Int32Array.of(4), fresh: true };
      const result = await engine.train(step, 0.01);
      expect(result.loss).toBeCloseTo(Math.log(5), 5);
      expect(result.applied).toBe(false);
      expectSameBits(snapshot(engine), before, 'after the step');
    });
  });
});
