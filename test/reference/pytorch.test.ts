/** The reference model and optimizers against the values that PyTorch computed. */

import { describe, expect, it } from 'vitest';
import { expectClose, expectNumberClose } from '../compare.ts';
import { readPytorchFixtures } from '../fixtures/pytorch.ts';
import { runModel } from './model.ts';
import { createOptimizerState, globalNorm, updateParameters } from './optimizer.ts';

const TOLERANCE = 1e-9;

describe('the reference model and PyTorch', () => {
  const fixtures = readPytorchFixtures();

  it('are compared on every cell, and with one cluster and two', () => {
    expect(new Set(fixtures.map(({ model }) => `${model.cell} ${model.gruReset}`)).size).toBe(4);
    expect(new Set(fixtures.map(({ model }) => model.cutoffs?.length ?? 0))).toEqual(new Set([0, 1, 2]));
  });

  it.each(fixtures)('agree on forward values, gradients and three updates: $name', (fixture) => {
    const { model, optimizer, batches, first } = fixture;
    const moments = createOptimizerState(fixture.parameters);
    const parameters = structuredClone(fixture.parameters);
    let state = fixture.state;
    batches.forEach((batch, step) => {
      const result = runModel(model, parameters, batch, state);
      if (step === 0) {
        const { logProbabilities, gradients } = result;
        expectClose({ logProbabilities }, { logProbabilities: first.logProbabilities }, TOLERANCE, 'forward values');
        expectClose(gradients, first.gradients, TOLERANCE, 'gradients');
        expectClose(result.state, first.state, TOLERANCE, 'final state');
      }
      expectNumberClose(result.loss, fixture.losses[step], TOLERANCE, `loss of step ${step}`);
      expectNumberClose(globalNorm(result.gradients), fixture.gradientNorms[step], TOLERANCE, `norm of step ${step}`);
      updateParameters(optimizer, fixture.learningRate, parameters, result.gradients, moments);
      state = result.state;
    });
    expectClose(parameters, fixture.updatedParameters, TOLERANCE, 'parameters after three steps');
  });
});
