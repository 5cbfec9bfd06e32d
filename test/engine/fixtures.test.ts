/** Every kernel against the values that PyTorch computed. */

import { describe, it } from 'vitest';
import { expectClose, expectNumberClose } from '../compare.ts';
import { readPytorchFixtures } from '../fixtures/pytorch.ts';
import { differentKernels, readValues, withEngine, writeStates, writeValues } from './support.ts';

const TOLERANCE = 1e-5;

const kernels = await differentKernels();

describe.each(kernels)('the %s kernel and PyTorch agree on three training steps', (kernel) => {
  it.each(readPytorchFixtures())('$name', async (fixture) => {
    const { model, optimizer, batches, first } = fixture;
    const options = {
      model,
      batchSize: batches[0].inputs.length / batches[0].steps,
      sequenceLength: batches[0].steps,
      threads: 2,
      kernel,
      training: { optimizer, dropout: 0, seed: 1 },
    };
    await withEngine(options, async (engine) => {
      writeValues(engine.parameters, fixture.parameters);
      writeStates(engine, model.hidden, fixture.state);
      for (const [step, batch] of batches.entries()) {
        const result = await engine.train(batch, fixture.learningRate);
        if (step === 0) {
          expectClose(readValues(engine.gradients), first.gradients, TOLERANCE, 'gradients');
          expectClose(readValues(engine.readState()), first.state, TOLERANCE, 'final state');
        }
        expectNumberClose(result.loss, fixture.losses[step], TOLERANCE, `loss of step ${step}`);
        expectNumberClose(result.gradientNorm, fixture.gradientNorms[step], TOLERANCE, `norm of step ${step}`);
      }
      expectClose(readValues(engine.parameters), fixture.updatedParameters, TOLERANCE, 'parameters');
    });
  });
});
