/**
 * Forward, backward and update of every kernel against the double-precision reference model, over shapes that meet the
 * edges of tiles.
 */

import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/model/config.ts';
import type { Batch } from '../../src/text/types.ts';
import { expectClose, expectNumberClose } from '../compare.ts';
import { runModel, zeroStates } from '../reference/model.ts';
import { CELLS, cellName, cellsInTurn } from '../reference/networks.ts';
import { createOptimizerState, globalNorm, updateParameters } from '../reference/optimizer.ts';
import { modelConfig, raggedLengths, randomBatch, randomStates } from '../reference/random.ts';
import { ADAM, differentKernels, readValues, restingElements, withEngine, writeStates } from './support.ts';

const TOLERANCE = 1e-5;

interface Shape {
  batchSize: number;
  steps: number;
  threads: number;
  model: Partial<ModelConfig>;
}

/** Each size meets tiles that it fills, that it does not, and threads with nothing to do. */
const SHAPES: Shape[] = [
  { batchSize: 1, steps: 1, threads: 1, model: { hidden: 1, vocabulary: 5, embedding: 3 } },
  { batchSize: 7, steps: 9, threads: 2, model: { hidden: 1, vocabulary: 16, embedding: 0, layers: 2 } },
  { batchSize: 3, steps: 2, threads: 3, model: { hidden: 5, vocabulary: 17, embedding: 4, layers: 2 } },
  { batchSize: 16, steps: 9, threads: 2, model: { hidden: 5, vocabulary: 70, embedding: 5, tie: true } },
  { batchSize: 1, steps: 9, threads: 2, model: { hidden: 16, vocabulary: 17, embedding: 16 } },
  { batchSize: 7, steps: 2, threads: 3, model: { hidden: 16, vocabulary: 70, embedding: 0, layers: 3 } },
  { batchSize: 3, steps: 9, threads: 1, model: { hidden: 17, vocabulary: 5, embedding: 17, tie: true } },
  { batchSize: 16, steps: 1, threads: 2, model: { hidden: 17, vocabulary: 70, embedding: 9, layers: 2 } },
  { batchSize: 7, steps: 9, threads: 2, model: { hidden: 33, vocabulary: 17, embedding: 33, tie: true, layers: 2 } },
  { batchSize: 1, steps: 2, threads: 1, model: { hidden: 33, vocabulary: 16, embedding: 0 } },
  { batchSize: 3, steps: 9, threads: 3, model: { hidden: 64, vocabulary: 70, embedding: 33 } },
  { batchSize: 16, steps: 2, threads: 1, model: { hidden: 64, vocabulary: 5, embedding: 17, layers: 2 } },
  { batchSize: 5, steps: 4, threads: 2, model: { hidden: 150, vocabulary: 1100, embedding: 40 } },
  // Threads take shares of the hidden units instead of the rows.
  { batchSize: 2, steps: 5, threads: 2, model: { hidden: 128, vocabulary: 37, embedding: 24, layers: 2 } },
];

/** The adaptive softmax does not depend on the cell. The smallest clusters are one wide. */
const ADAPTIVE: Shape[] = [
  { batchSize: 7, steps: 9, threads: 2, model: { hidden: 64, vocabulary: 1100, embedding: 64, cutoffs: [100, 400] } },
  { batchSize: 3, steps: 5, threads: 3, model: { hidden: 17, vocabulary: 70, embedding: 0, cutoffs: [16, 48] } },
  { batchSize: 16, steps: 4, threads: 1, model: { hidden: 33, vocabulary: 50, embedding: 9, cutoffs: [1] } },
  { batchSize: 1, steps: 2, threads: 2, model: { hidden: 3, vocabulary: 9, embedding: 2, cutoffs: [5, 8] } },
];

const shapeName = ({ batchSize, steps, threads, model }: Shape): string =>
  `${model.cutoffs ? `cut-offs ${model.cutoffs.join(' and ')}, ` : ''}H ${model.hidden}, B ${batchSize}, T ${steps}, ` +
  `V ${model.vocabulary}, E ${model.embedding}, ${model.layers ?? 1} layers, ${threads} threads`;

const cases = [
  ...SHAPES.flatMap((shape, i) => cellsInTurn(i).map((cell) => ({ shape, cell }))),
  ...ADAPTIVE.map((shape, i) => ({ shape, cell: CELLS[i] })),
].map(({ shape, cell }) => ({
  ...shape,
  name: `${cellName(cell)}, ${shapeName(shape)}`,
  model: modelConfig({ ...shape.model, ...cell }),
}));

const kernels = await differentKernels();

function withTargetsBelow(limit: number, batch: Batch): Batch {
  return { ...batch, targets: batch.targets.map((target) => target % limit) };
}

/**
 * Each of three steps begins where the engine really is. The gradients are compared with those of the reference model; the
 * update with what the reference optimizer makes of the engine's own gradients, because Adam turns the rounding of a gradient
 * near zero into a whole step.
 */
describe.each(kernels)('three training steps of the %s kernel and the reference model', (kernel) => {
  it.each(cases)('$name', async ({ batchSize, steps, threads, model }) => {
    const training = { optimizer: ADAM, dropout: 0, seed: 1 };
    const options = { model, batchSize, sequenceLength: steps, threads, kernel, training };
    const shortened = { steps: Math.ceil(steps / 2), batchSize };
    // The last chunk has no target in the last cluster of an adaptive softmax.
    const targets = model.cutoffs?.at(-1) ?? model.vocabulary;
    const batches = [
      randomBatch(model, { steps, batchSize }, 1),
      randomBatch(model, { steps, batchSize, lengths: raggedLengths(steps, batchSize), fresh: true }, 2),
      withTargetsBelow(targets, randomBatch(model, shortened, 3)),
    ];
    await withEngine(options, async (engine) => {
      const moments = createOptimizerState(model, readValues(engine.parameters));
      writeStates(engine, model.hidden, randomStates(model, batchSize, 4));
      for (const [step, batch] of batches.entries()) {
        const parameters = readValues(engine.parameters);
        const states = batch.fresh ? zeroStates(model, batchSize) : readValues(engine.readState());
        const expected = runModel(model, parameters, batch, states);
        const result = await engine.train(batch, 0.01);

        const what = `of step ${step}`;
        const gradients = readValues(engine.gradients);
        expect(result.applied).toBe(true);
        expect(result.tokens).toBe(expected.tokens);
        expectNumberClose(result.loss, expected.loss, TOLERANCE, `loss ${what}`);
        expectClose(gradients, expected.gradients, TOLERANCE, `gradients ${what}`);
        expectNumberClose(result.gradientNorm, globalNorm(expected.gradients), TOLERANCE, `norm ${what}`);
        expectClose(readValues(engine.readState()), expected.state, TOLERANCE, `final state ${what}`);
        updateParameters(ADAM, 0.01, parameters, gradients, moments, restingElements(engine, model, batch));
        expectClose(readValues(engine.parameters), parameters, TOLERANCE, `parameters ${what}`);
      }
      expect(engine.updates).toBe(3);
    });
  });
});

describe.each(kernels)('the softmax of the %s kernel', (kernel) => {
  it('bears logits that are hundreds apart', async () => {
    const model = modelConfig({ hidden: 16, vocabulary: 37 });
    const batch = randomBatch(model, { steps: 4, batchSize: 3, fresh: true }, 1);
    const options = { model, batchSize: 3, sequenceLength: 4, kernel };
    await withEngine({ ...options, training: { optimizer: ADAM, dropout: 0, seed: 1 } }, async (engine) => {
      const bias = engine.parameters.find(({ name }) => name === 'output.bias')!.data;
      bias.forEach((_, token) => {
        bias[token] = 250 * ((token % 3) - 1);
      });
      const expected = runModel(model, readValues(engine.parameters), batch, zeroStates(model, 3));
      const result = await engine.train(batch, 0.01);
      expectNumberClose(result.loss, expected.loss, 1e-6, 'loss');
      expectClose(readValues(engine.gradients), expected.gradients, 1e-4, 'gradients');
    });
  });
});
