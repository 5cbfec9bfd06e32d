/** The reference model and optimizers against the values that PyTorch computed. */

import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/model/config.ts';
import { expectClose, expectNumberClose } from '../compare.ts';
import { readPytorchFixtures, readPytorchTaskFixtures } from '../fixtures/pytorch.ts';
import { runModel, runTask } from './model.ts';
import { createOptimizerState, globalNorm, updateParameters } from './optimizer.ts';
import { hasBridge } from './shapes.ts';

const TOLERANCE = 1e-9;

describe('the reference model and PyTorch', () => {
  const fixtures = readPytorchFixtures();

  it('are compared on every cell, layer normalization, and with one cluster and two', () => {
    const cells = (layerNorm: boolean) =>
      fixtures.flatMap(({ model }) => (model.layerNorm === layerNorm ? [`${model.cell} ${model.gruReset}`] : []));
    expect(new Set(cells(false)).size).toBe(4);
    expect(new Set(cells(true)).size).toBe(4);
    expect(new Set(fixtures.map(({ model }) => model.cutoffs.length))).toEqual(new Set([0, 1, 2]));
  });

  it.each(fixtures)('agree on forward values, gradients and three updates: $name', (fixture) => {
    const { model, optimizer, batches, first } = fixture;
    const moments = createOptimizerState(model, fixture.parameters);
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

describe('the reference networks of the other tasks and PyTorch', () => {
  const fixtures = readPytorchTaskFixtures();
  const all = (read: (model: ModelConfig) => unknown) => new Set(fixtures.map(({ model }) => read(model)));

  it('are compared on every kind of cell, pool, attention and merge, and with a bridge and without', () => {
    expect(all(({ task, cell }) => `${task} ${cell}`).size).toBe(9);
    expect(all(({ task, gruReset }) => `${task} ${gruReset}`)).toContain('tag none');
    expect(all(({ pool }) => pool)).toEqual(new Set(['last', 'mean', 'max']));
    expect(all(({ attention }) => attention)).toEqual(new Set(['none', 'dot', 'general']));
    expect(all(({ task, merge }) => `${task} ${merge}`).size).toBe(6);
    expect(all((model) => model.task === 'translate' && hasBridge(model)).size).toBe(2);
  });

  it.each(fixtures)('agree on forward values, gradients and three updates: $name', (fixture) => {
    const { model, optimizer, labelSmoothing, batches, first } = fixture;
    const moments = createOptimizerState(model, fixture.parameters);
    const parameters = structuredClone(fixture.parameters);
    expect(batches[0].fresh).toBe(true);
    for (const [step, batch] of batches.entries()) {
      const result = runTask(model, parameters, batch, { smoothing: labelSmoothing });
      if (step === 0) {
        const { logProbabilities, gradients } = result;
        expectClose({ logProbabilities }, { logProbabilities: first.logProbabilities }, TOLERANCE, 'forward values');
        expectClose(gradients, first.gradients, TOLERANCE, 'gradients');
      }
      expectNumberClose(result.loss, fixture.losses[step], TOLERANCE, `loss of step ${step}`);
      expectNumberClose(globalNorm(result.gradients), fixture.gradientNorms[step], TOLERANCE, `norm of step ${step}`);
      updateParameters(optimizer, fixture.learningRate, parameters, result.gradients, moments);
    }
    expectClose(parameters, fixture.updatedParameters, TOLERANCE, 'parameters after three steps');
  });
});
