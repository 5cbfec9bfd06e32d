/** The reference model's gradients against central differences of its loss, and its own plain properties. */

import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/model/config.ts';
import { expectClose } from '../compare.ts';
import { centralDifferences } from './differences.ts';
import { runModel, zeroParameters, zeroStates } from './model.ts';
import { CELLS, cellName } from './networks.ts';
import { modelConfig, raggedLengths, randomBatch, randomMasks, randomParameters, randomStates } from './random.ts';

const INPUTS: Partial<ModelConfig>[] = [{ embedding: 2 }, { embedding: 0 }, { embedding: 3, tie: true }];

const ADAPTIVE: Partial<ModelConfig>[] = [
  { cell: 'rnn', hidden: 8, vocabulary: 9, embedding: 2, cutoffs: [3, 5] },
  { cell: 'lstm', layers: 2, hidden: 4, vocabulary: 7, embedding: 0, cutoffs: [2] },
];

const stacks = CELLS.flatMap((cell) =>
  INPUTS.flatMap((input) => [1, 2, 3].map((layers) => ({ hidden: 3, vocabulary: 5, layers, ...cell, ...input }))),
);

const cases = [...stacks, ...ADAPTIVE].map((partial) => {
  const config = modelConfig(partial);
  const embedding = config.tie ? 'tied' : config.embedding > 0 ? 'embedding' : 'one-hot';
  const softmax = config.cutoffs.length > 0 ? `, cut-offs ${config.cutoffs.join(' and ')}` : '';
  return { name: `${cellName(config)}, ${embedding}, ${config.layers} layers${softmax}`, config };
});

describe('gradients of the reference model equal central differences', () => {
  const shape = { steps: 3, batchSize: 3 };

  it.each(cases)('$name', ({ config }) => {
    const parameters = randomParameters(config, 1);
    const states = randomStates(config, shape.batchSize, 2);
    const plain = { lengths: undefined, masks: undefined };
    const masked = {
      lengths: raggedLengths(shape.steps, shape.batchSize),
      masks: randomMasks(config, shape, 0.4, 3).layers.rnn,
    };
    for (const { lengths, masks } of [plain, masked]) {
      const batch = randomBatch(config, { ...shape, lengths }, 4);
      const run = () => runModel(config, parameters, batch, states, masks);
      const [order, tolerance] = config.layerNorm ? ([4, 1e-6] as const) : ([2, 1e-7] as const);
      const differences = centralDifferences(parameters, () => run().loss, order);
      expectClose(run().gradients, differences, tolerance, 'gradients', 1e-3);
    }
  });
});

describe('the reference model', () => {
  const config = modelConfig({ layers: 2 });
  const parameters = randomParameters(config, 1);
  const shape = { steps: 4, batchSize: 3 };
  const zeros = zeroStates(config, shape.batchSize);

  it('gives uniform probabilities without weights', () => {
    const result = runModel(config, zeroParameters(config), randomBatch(config, shape, 2), zeros);
    expect(result.tokens).toBe(12);
    expect(result.loss).toBeCloseTo(Math.log(config.vocabulary), 12);
  });

  it('has probabilities over the whole vocabulary with an adaptive softmax', () => {
    const adaptive = modelConfig({ hidden: 16, vocabulary: 23, cutoffs: [4, 9] });
    const batch = randomBatch(adaptive, shape, 2);
    const states = randomStates(adaptive, shape.batchSize, 3);
    const { logProbabilities, loss } = runModel(adaptive, randomParameters(adaptive, 1), batch, states);
    let lossSum = 0;
    batch.targets.forEach((target, position) => {
      const row = logProbabilities.subarray(position * 23, (position + 1) * 23);
      expect(row.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 12);
      lossSum -= row[target];
    });
    expect(lossSum / batch.targets.length).toBeCloseTo(loss, 12);
  });

  it('goes on from a state as if the chunk had not been cut', () => {
    const whole = randomBatch(config, shape, 2);
    const half = (from: number) => ({
      ...whole,
      steps: 2,
      inputs: whole.inputs.subarray(from * shape.batchSize, (from + 2) * shape.batchSize),
      targets: whole.targets.subarray(from * shape.batchSize, (from + 2) * shape.batchSize),
    });
    const first = runModel(config, parameters, half(0), zeros);
    const second = runModel(config, parameters, half(2), first.state);
    const both = runModel(config, parameters, whole, zeros);
    expect((first.loss + second.loss) / 2).toBeCloseTo(both.loss, 12);
    expectClose(second.state, both.state, 1e-12, 'final state');
  });

  it('leaves rows that have ended alone', () => {
    const states = randomStates(config, shape.batchSize, 5);
    const batch = randomBatch(config, { ...shape, lengths: [4, 2, 0] }, 2);
    const cut = {
      ...batch,
      steps: 2,
      inputs: batch.inputs.subarray(0, 6),
      targets: batch.targets.subarray(0, 6),
      lengths: Int32Array.of(2, 2, 0),
    };
    const row = (values: Float64Array, b: number) => values.slice(b * config.hidden, (b + 1) * config.hidden);
    const result = runModel(config, parameters, batch, states);
    const early = runModel(config, parameters, cut, states);
    expect(result.tokens).toBe(6);
    for (const name of Object.keys(states)) {
      expect(row(result.state[name], 1)).toEqual(row(early.state[name], 1));
      expect(row(result.state[name], 2)).toEqual(row(states[name], 2));
      expect(row(result.state[name], 0)).not.toEqual(row(early.state[name], 0));
    }
    expect(result.rowLosses[1]).toBe(early.rowLosses[1]);
    expect(result.rowLosses[2]).toBe(0);
  });

  it('multiplies the output of every layer but the last with its mask', () => {
    const batch = randomBatch(config, shape, 2);
    const width = shape.steps * shape.batchSize * config.hidden;
    const closed = runModel(config, parameters, batch, zeros, [new Float64Array(width)]);
    const severed = { ...parameters, 'rnn.weight_ih_l1': new Float64Array(4 * config.hidden * config.hidden) };
    expect(closed.loss).toBe(runModel(config, severed, batch, zeros).loss);
    const open = runModel(config, parameters, batch, zeros, [new Float64Array(width).fill(1)]);
    expect(open.loss).toBe(runModel(config, parameters, batch, zeros).loss);
  });
});
