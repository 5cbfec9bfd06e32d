/** Every kernel against the values that PyTorch computed for taggers, classifiers and translators. */

import { describe, it } from 'vitest';
import { expectClose, expectNumberClose } from '../compare.ts';
import { readPytorchTaskFixtures } from '../fixtures/pytorch.ts';
import { differentKernels, readValues, withEngine, writeValues } from './support.ts';

const TOLERANCE = 1e-5;

const kernels = await differentKernels();

describe.each(kernels)('the %s kernel and PyTorch agree on three training steps', (kernel) => {
  it.each(readPytorchTaskFixtures())('$name', async (fixture) => {
    const { model, optimizer, labelSmoothing, batches, first } = fixture;
    const { steps, inputs, source } = batches[0];
    const options = {
      model,
      batchSize: inputs.length / steps,
      sequenceLength: steps,
      ...(source && { sourceLength: source.steps }),
      threads: 2,
      kernel,
      training: { optimizer, dropout: 0, labelSmoothing, seed: 1 },
    };
    await withEngine(options, async (engine) => {
      writeValues(engine.parameters, fixture.parameters);
      for (const [step, batch] of batches.entries()) {
        const result = await engine.train(batch, fixture.learningRate);
        if (step === 0) expectClose(readValues(engine.gradients), first.gradients, TOLERANCE, 'gradients');
        expectNumberClose(result.loss, fixture.losses[step], TOLERANCE, `loss of step ${step}`);
        expectNumberClose(result.gradientNorm, fixture.gradientNorms[step], TOLERANCE, `norm of step ${step}`);
      }
      expectClose(readValues(engine.parameters), fixture.updatedParameters, TOLERANCE, 'parameters');
    });
  });
});
