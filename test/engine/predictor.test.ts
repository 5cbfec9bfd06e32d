/** Log-probabilities of labels, tags and fillings for sequences as they come, against the reference. */

import { describe, expect, it } from 'vitest';
import { createPredictor } from '../../src/engine/index.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { createRandom } from '../../src/random.ts';
import type { Batch } from '../../src/text/types.ts';
import { expectClose } from '../compare.ts';
import { runTask } from '../reference/model.ts';
import { CELLS, taskModels, taskName } from '../reference/networks.ts';
import { modelConfig } from '../reference/random.ts';
import { differentKernels, tensorsOf } from './support.ts';

function randomSequences(vocabulary: number, lengths: readonly number[], seed: number): number[][] {
  const random = createRandom(seed, 5);
  return lengths.map((length) => Array.from({ length }, () => random.integer(vocabulary)));
}

/** A sequence as a batch whose targets do not matter. */
function single(tokens: readonly number[], model: ModelConfig): Batch {
  const inputs = Int32Array.from(tokens);
  const targets = new Int32Array(model.task === 'classify' ? 1 : tokens.length);
  return { steps: tokens.length, inputs, targets, fresh: true };
}

const networks = CELLS.flatMap((cell) =>
  taskModels({ hidden: 17, embedding: 9, vocabulary: 23, classes: 19, ...cell })
    .filter(({ task }) => task !== 'translate')
    .map((model) => ({ name: taskName(model), model })),
);

const kernels = await differentKernels();

describe('a predictor', () => {
  it.each(networks)('gives the reference’s log-probabilities: $name', ({ model }) => {
    const { values, tensors } = tensorsOf(model, 3);
    const sequences = randomSequences(model.vocabulary, [3, 7, 1, 12, 2], 1);
    const predictor = createPredictor(model, tensors, kernels[kernels.length - 1]);
    const actual = predictor.logProbabilities(sequences);
    const past = model.task === 'fill' ? predictor.pastLogProbabilities(sequences) : undefined;
    expect(actual.length).toBe(sequences.length);
    sequences.forEach((sequence, i) => {
      const expected = runTask(model, values, single(sequence, model));
      const { logProbabilities, pastLogProbabilities } = expected;
      expectClose({ logProbabilities: actual[i] }, { logProbabilities }, 1e-5, `sequence ${i}`);
      if (past) expectClose({ past: past[i] }, { past: pastLogProbabilities }, 1e-5, `past of sequence ${i}`);
    });
  });

  it.each(
    [
      modelConfig({ task: 'classify', bidirectional: true, classes: 3, hidden: 20 }),
      modelConfig({ task: 'tag', bidirectional: true, classes: 3, hidden: 20, layers: 2 }),
      modelConfig({ task: 'fill', hidden: 20 }),
    ].map((model) => ({ name: model.task, model })),
  )('takes any number of sequences of any length, each as if it were alone: $name', ({ model }) => {
    const lengths = Array.from({ length: 150 }, (_, i) => (i === 70 ? 1000 : 1 + ((i * 7) % 40)));
    const sequences = randomSequences(model.vocabulary, lengths, 2);
    const { values, tensors } = tensorsOf(model, 3);
    const predictor = createPredictor(model, tensors);
    const together = predictor.logProbabilities(sequences);
    for (const i of [0, 69, 70, 71, 149]) {
      const [alone] = predictor.logProbabilities([sequences[i]]);
      expectClose({ values: together[i] }, { values: alone }, 1e-6, `sequence ${i} alone`);
      const { logProbabilities } = runTask(model, values, single(sequences[i], model));
      expectClose({ logProbabilities: together[i] }, { logProbabilities }, 2e-5, `sequence ${i}`);
    }
    expect(predictor.logProbabilities([])).toEqual([]);
  });

  it('keeps the parameters that it was made with', () => {
    const model = modelConfig({ task: 'tag', classes: 3 });
    const { tensors } = tensorsOf(model, 3);
    const predictor = createPredictor(model, tensors);
    const [first] = predictor.logProbabilities([[4, 5, 6]]);
    for (const { data } of tensors) data.fill(0);
    expect(predictor.logProbabilities([[4, 5, 6]])).toEqual([first]);
  });
});
