/** Forward, backward and update of all tasks against the double-precision reference, over shapes that meet the edges of tiles. */

import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/model/config.ts';
import { expectClose, expectNumberClose } from '../compare.ts';
import { carriesState, runTask, type Values, zeroStates } from '../reference/model.ts';
import { CELLS, cellsInTurn, taskModels, taskName } from '../reference/networks.ts';
import { createOptimizerState, globalNorm, updateParameters } from '../reference/optimizer.ts';
import { type BatchShape, modelConfig, raggedLengths, randomBatch, randomStates } from '../reference/random.ts';
import { stackShapes } from '../reference/shapes.ts';
import {
  ADAM,
  differentKernels,
  type Kernel,
  readValues,
  restingElements,
  withEngine,
  writeStates,
} from './support.ts';

const TOLERANCE = 1e-5;
/**
 * Gradients behind the scores of attention are differences of nearly equal numbers: where a tensor's largest is 2e-4,
 * PyTorch in single precision is off by as many units in the last place. A minGRU's states, none below 0, have more in common:
 * rounding nothing but the gradients of the weights and their mean is 9e-9 of a tensor whose largest is 6e-4.
 */
const SMALLEST = 3e-3;

interface Shape {
  batchSize: number;
  steps: number;
  threads: number;
  sizes: Partial<ModelConfig>;
}

const FULL: Shape = {
  batchSize: 7,
  steps: 6,
  threads: 2,
  sizes: { hidden: 17, embedding: 9, vocabulary: 23, classes: 19 },
};
const TINY: Shape = {
  batchSize: 3,
  steps: 2,
  threads: 3,
  sizes: { hidden: 5, embedding: 3, vocabulary: 8, classes: 5 },
};
/** More positions than a work item has, and units that fill panels. */
const LARGE: Shape = {
  batchSize: 20,
  steps: 11,
  threads: 3,
  sizes: { hidden: 16, embedding: 16, vocabulary: 33, classes: 16 },
};
/** Threads take shares of the hidden units instead of the rows. */
const BY_UNITS: Shape = {
  batchSize: 2,
  steps: 4,
  threads: 2,
  sizes: { hidden: 70, embedding: 20, vocabulary: 40, classes: 37 },
};

const kernels = await differentKernels();
const fastest = kernels[kernels.length - 1];

const named = (shape: Shape, kernel: Kernel, model: ModelConfig) => ({
  ...shape,
  model,
  kernel,
  name: `${taskName(model)}, H ${model.hidden}, ${kernel} kernel`,
});
const everyCell = (shape: Shape) =>
  taskModels(shape.sizes).flatMap((network, i) =>
    cellsInTurn(i).map((cell) => named(shape, fastest, { ...network, ...cell })),
  );
/** Each network with one of the cells in turn. */
const inTurn = (shape: Shape, kernel: Kernel, first = 0) =>
  taskModels(shape.sizes).map((network, i) =>
    named(shape, kernel, { ...network, ...CELLS[(first + i) % CELLS.length] }),
  );

const cases = [
  ...everyCell(FULL),
  ...inTurn(BY_UNITS, fastest),
  ...inTurn(BY_UNITS, fastest, 2),
  ...inTurn(TINY, fastest),
  ...inTurn(LARGE, fastest, 1),
  ...kernels.slice(0, -1).flatMap((kernel) => inTurn(FULL, kernel)),
];

/** Chunks: full, of all lengths down to none, short, and of two rows. */
function batchesFor(model: ModelConfig, steps: number, batchSize: number) {
  const shape: BatchShape = { steps, batchSize, sourceSteps: steps + 1 };
  const lookahead = model.task === 'fill' ? { carry: Math.ceil(steps / 2) } : {};
  return [
    randomBatch(model, { ...shape, ...lookahead }, 1),
    randomBatch(model, { ...shape, lengths: raggedLengths(steps, batchSize), fresh: true }, 2),
    randomBatch(model, { ...shape, steps: Math.ceil(steps / 2) }, 3),
    randomBatch(model, { ...shape, lengths: [steps, 1, ...new Array(batchSize - 2).fill(0)], fresh: true }, 4),
  ];
}

/** As in gradients.test.ts: each step begins where the engine really is. */
describe('training steps and the reference model', () => {
  it.each(cases)('$name', async ({ batchSize, steps, threads, model, kernel }) => {
    const training = { optimizer: ADAM, dropout: 0, seed: 1 };
    const options = { model, batchSize, sequenceLength: steps, threads, kernel, training };
    await withEngine(options, async (engine) => {
      const moments = createOptimizerState(model, readValues(engine.parameters));
      if (carriesState(model)) writeStates(engine, model.hidden, randomStates(model, batchSize, 4));
      for (const [step, batch] of batchesFor(model, steps, batchSize).entries()) {
        const parameters = readValues(engine.parameters);
        const state: Values = batch.fresh ? zeroStates(model, batchSize) : readValues(engine.readState());
        const expected = runTask(model, parameters, batch, { state });
        const result = await engine.train(batch, 0.01);

        const what = `of step ${step}`;
        const gradients = readValues(engine.gradients);
        expect(result.applied).toBe(true);
        expect(result.tokens).toBe(expected.tokens);
        expectNumberClose(result.loss, expected.loss, TOLERANCE, `loss ${what}`);
        expectClose(gradients, expected.gradients, TOLERANCE, `gradients ${what}`, SMALLEST);
        expectNumberClose(result.gradientNorm, globalNorm(expected.gradients), TOLERANCE, `norm ${what}`);
        if (carriesState(model)) {
          expectClose(readValues(engine.readState()), expected.state, TOLERANCE, `final state ${what}`);
        }
        updateParameters(ADAM, 0.01, parameters, gradients, moments, restingElements(engine, model, batch));
        expectClose(readValues(engine.parameters), parameters, TOLERANCE, `parameters ${what}`);
      }
    });
  });
});

describe('evaluation', () => {
  const sizes = { cell: 'gru', hidden: 17, vocabulary: 23, classes: 19 } as const;

  it.each(taskModels(sizes).map((model) => ({ name: taskName(model), model })))(
    'gives the summed loss of each task, without dropout: $name',
    async ({ model }) => {
      const batch = randomBatch(model, { steps: 5, batchSize: 4, lengths: [5, 3, 1, 0], fresh: true }, 1);
      const training = { optimizer: ADAM, dropout: 0.5, seed: 1 };
      const options = { model, batchSize: 4, sequenceLength: 5, threads: 2 };
      const trained = await withEngine({ ...options, training }, async (engine) => {
        const expected = runTask(model, readValues(engine.parameters), batch);
        const result = await engine.evaluate(batch);
        expect(result.tokens).toBe(expected.tokens);
        expectNumberClose(result.lossSum, sum(expected.rowLosses), 1e-6, 'summed loss');
        if (model.task === 'fill') {
          expectNumberClose(result.pastLossSum!, sum(expected.pastRowLosses), 1e-6, 'summed loss of the past');
        }
        return result;
      });
      await withEngine(options, async (engine) => {
        expect(await engine.evaluate(batch)).toEqual(trained);
      });
    },
  );
});

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('large embeddings, updated by the rows in use', () => {
  const sizes: Partial<ModelConfig> = { cell: 'rnn', hidden: 9, embedding: 8, vocabulary: 3000 };

  it.each([
    modelConfig({ ...sizes, task: 'tag', bidirectional: true, classes: 9 }),
    modelConfig({ ...sizes, task: 'classify', bidirectional: true, classes: 3 }),
    modelConfig({ ...sizes, task: 'fill' }),
    modelConfig({ ...sizes, task: 'translate', bidirectional: true, classes: 2500, attention: 'general' }),
  ])('$task', async (model) => {
    const training = { optimizer: ADAM, dropout: 0, seed: 1 };
    const shape = { steps: 5, batchSize: 6, fresh: true };
    await withEngine({ model, batchSize: 6, sequenceLength: 5, threads: 2, training }, async (engine) => {
      const moments = createOptimizerState(model, readValues(engine.parameters));
      const embeddings = new Set(
        stackShapes(model).map(({ embedding }) => embedding.replace('.weight', '_last_update')),
      );
      expect(new Set(engine.moments.slice(2).map(({ name }) => name))).toEqual(embeddings);
      for (let step = 0; step < 3; step++) {
        const batch = randomBatch(model, { ...shape, ...(step === 1 && { lengths: raggedLengths(5, 6) }) }, step);
        const parameters = readValues(engine.parameters);
        const expected = runTask(model, parameters, batch);
        const { loss } = await engine.train(batch, 0.01);
        const gradients = readValues(engine.gradients);
        expectNumberClose(loss, expected.loss, TOLERANCE, `loss of step ${step}`);
        expectClose(gradients, expected.gradients, TOLERANCE, `gradients of step ${step}`);
        updateParameters(ADAM, 0.01, parameters, gradients, moments, restingElements(engine, model, batch));
        expectClose(readValues(engine.parameters), parameters, TOLERANCE, `parameters of step ${step}`);
      }
    });
  });
});
