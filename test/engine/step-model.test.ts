/** Decoding's view of a model, against the reference model. */

import { describe, expect, it } from 'vitest';
import { createStepModel } from '../../src/engine/index.ts';
import type { ModelConfig } from '../../src/model/index.ts';
import { expectClose } from '../compare.ts';
import { runModel, zeroStates } from '../reference/model.ts';
import { CELLS, cellName } from '../reference/networks.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { tensorsOf } from './support.ts';

/** Compares the log-probabilities of some time steps of `rows` rows with the reference model's, and returns them. */
function expectReference(config: ModelConfig, rows: number, steps: number, what: string): Float64Array {
  const { values, tensors } = tensorsOf(config, 3);
  const model = createStepModel(config, tensors);
  const batch = randomBatch(config, { steps, batchSize: rows }, 5);
  const expected = runModel(config, values, batch, zeroStates(config, rows)).logProbabilities;
  let state = model.start(rows);
  const actual = new Float64Array(expected.length);
  for (let t = 0; t < steps; t++) {
    const next = model.next(state, batch.inputs.subarray(t * rows, (t + 1) * rows));
    state = next.state;
    actual.set(next.logProbabilities, t * rows * config.vocabulary);
  }
  expectClose({ logProbabilities: actual }, { logProbabilities: expected }, 1e-5, what);
  return actual;
}

describe.each(CELLS.map((cell) => ({ name: cellName(cell), cell })))('$name', ({ cell }) => {
  it.each([
    { embedding: 0, vocabulary: 7, rows: 3 },
    { embedding: 9, vocabulary: 30, layers: 2, hidden: 20, rows: 1 },
    { embedding: 20, tie: true, vocabulary: 2100, layers: 2, hidden: 20, rows: 70 },
  ])('gives the reference model’s log-probabilities: embedding $embedding, $rows rows', ({ rows, ...shape }) => {
    expectReference(modelConfig({ ...cell, ...shape }), rows, 4, cellName(cell));
  });
});

describe('a large vocabulary', () => {
  it('gives the reference model’s log-probabilities when the logits need several blocks', () => {
    expectReference(modelConfig({ hidden: 3, embedding: 2, vocabulary: 70_000 }), 64, 1, 'exact');
  });

  it.each([
    { vocabulary: 23, cutoffs: [4, 9], rows: 3 },
    { vocabulary: 1100, cutoffs: [100, 400], rows: 70 },
    { vocabulary: 70, cutoffs: [69], rows: 1 },
  ])('has exact probabilities with an adaptive softmax: cut-offs $cutoffs', ({ rows, ...shape }) => {
    const config = modelConfig({ hidden: 24, ...shape });
    const actual = expectReference(config, rows, 3, 'adaptive');
    for (let from = 0; from < actual.length; from += config.vocabulary) {
      const sum = actual.slice(from, from + config.vocabulary).reduce((total, value) => total + Math.exp(value), 0);
      expect(sum).toBeCloseTo(1, 5);
    }
  });
});

describe('select', () => {
  it('makes rows that go on as the ones they were made of, and leaves the old state as it was', () => {
    const config = modelConfig({ hidden: 17, layers: 2, vocabulary: 9 });
    const steps = createStepModel(config, tensorsOf(config, 4).tensors);
    const state = steps.next(steps.start(3), [1, 2, 3]).state;
    const before = state.values.slice();
    const all = steps.next(state, [4, 5, 6]).logProbabilities.slice();
    const chosen = steps.next(steps.select(state, [2, 0, 0, 2]), [6, 4, 4, 6]).logProbabilities;
    const row = (values: Float32Array, index: number) => [...values.subarray(index * 9, (index + 1) * 9)];
    expect(row(chosen, 0)).toEqual(row(all, 2));
    expect(row(chosen, 1)).toEqual(row(all, 0));
    expect(row(chosen, 2)).toEqual(row(all, 0));
    expect(row(chosen, 3)).toEqual(row(all, 2));
    expect(state.values).toEqual(before);
  });

  it('does not make a row depend on the others beside it', () => {
    const config = modelConfig({ hidden: 40, vocabulary: 9 });
    const steps = createStepModel(config, tensorsOf(config, 4).tensors);
    const many = steps.next(steps.start(66), new Array(66).fill(5)).logProbabilities.slice(65 * 9);
    expect(steps.next(steps.start(1), [5]).logProbabilities).toEqual(many);
  });
});
