/** The reference networks of all tasks: gradients against central differences, and what makes each task what it is. */

import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/model/config.ts';
import type { Batch } from '../../src/text/types.ts';
import { expectClose } from '../compare.ts';
import { centralDifferences } from './differences.ts';
import { type Result, runTask, type Values, zeroParameters } from './model.ts';
import { cellsInTurn, taskModels, taskName } from './networks.ts';
import { modelConfig, randomBatch, randomMasks, randomParameters, randomStates } from './random.ts';

const shape = { steps: 4, batchSize: 3 };
const LENGTHS = [4, 2, 0];

/** What training minimises. */
function trainingLoss({ loss, pastRowLosses, tokens }: Result): number {
  return loss + pastRowLosses.reduce((sum, past) => sum + past, 0) / tokens;
}

describe('gradients of the reference networks equal central differences', () => {
  const cases = taskModels({ hidden: 2, embedding: 2, vocabulary: 4, classes: 3 }).flatMap((network, i) =>
    cellsInTurn(i).map((cell) => ({ ...network, ...cell })),
  );

  it.each(cases.map((config) => ({ name: taskName(config), config })))('$name', ({ config }) => {
    const parameters = randomParameters(config, 1);
    const state = randomStates(config, shape.batchSize, 2);
    const carry = config.task === 'fill' ? { carry: 3 } : {};
    const batch = randomBatch(config, { ...shape, ...carry, lengths: LENGTHS }, 5);
    const masks = randomMasks(config, shape, 0.4, 3);
    const run = () => runTask(config, parameters, batch, { state, masks });
    const [order, tolerance] = config.layerNorm ? ([4, 1e-6] as const) : ([2, 1e-7] as const);
    const differences = centralDifferences(parameters, () => trainingLoss(run()), order);
    expectClose(run().gradients, differences, tolerance, 'gradients', 1e-3);
  });
});

describe('a bidirectional tagger', () => {
  const config = modelConfig({ task: 'tag', bidirectional: true, classes: 4, layers: 2 });
  const parameters = randomParameters(config, 1);

  it.each(['concat', 'sum'] as const)('gives the same in mirror when its directions are exchanged: %s', (merge) => {
    // With one layer; the next one would read the halves of a concatenation in the other order.
    const model: ModelConfig = { ...config, merge, layers: 1 };
    const values = randomParameters(model, 1);
    const exchanged = Object.fromEntries(
      Object.keys(values).map((name) => {
        const other = name.endsWith('_reverse') ? name.replace('_reverse', '') : `${name}_reverse`;
        return [name, values[other] ?? values[name]];
      }),
    );
    if (merge === 'concat') exchanged['output.weight'] = exchangeHalves(values['output.weight'], model.hidden);
    const batch = { ...randomBatch(model, { steps: 5, batchSize: 1 }, 2) };
    const mirrored = { ...batch, inputs: batch.inputs.toReversed(), targets: batch.targets.toReversed() };
    const one = runTask(model, values, batch);
    const other = runTask(model, exchanged, mirrored);
    const rows = (values: Float64Array) => Array.from({ length: 5 }, (_, t) => values.subarray(t * 4, (t + 1) * 4));
    rows(one.logProbabilities).forEach((row, t) => {
      expectClose({ row: rows(other.logProbabilities)[4 - t] }, { row }, 1e-12, `position ${t}`);
    });
  });

  it('starts its reverse direction at the end of each sequence, whatever the padding holds', () => {
    const batch = randomBatch(config, { steps: 4, batchSize: 2, lengths: [4, 2] }, 2);
    const alone = randomBatch(config, { steps: 2, batchSize: 1 }, 3);
    for (let t = 0; t < 2; t++) {
      alone.inputs[t] = batch.inputs[t * 2 + 1];
      alone.targets[t] = batch.targets[t * 2 + 1];
    }
    expect(runTask(config, parameters, batch).rowLosses[1]).toBe(runTask(config, parameters, alone).rowLosses[0]);
  });
});

/** (R, 2H) with the halves of each row exchanged. */
function exchangeHalves(values: Float64Array, H: number): Float64Array {
  return values.map((_, i) => values[i % (2 * H) < H ? i + H : i - H]);
}

describe('fill', () => {
  const config = modelConfig({ task: 'fill', layers: 2 });
  const parameters = randomParameters(config, 1);
  const batch = randomBatch(config, { steps: 5, batchSize: 1, fresh: true }, 2);
  const V = config.vocabulary;
  const at = (values: Float64Array, t: number) => values.slice(t * V, (t + 1) * V);

  it('lets no position see its own token, and every position all the others', () => {
    const { logProbabilities } = runTask(config, parameters, batch);
    for (let changed = 0; changed < 5; changed++) {
      const inputs = batch.inputs.map((token, t) => (t === changed ? (token + 1) % V : token));
      const other = runTask(config, parameters, { ...batch, inputs }).logProbabilities;
      for (let t = 0; t < 5; t++) {
        if (t === changed) expect(at(other, t)).toEqual(at(logProbabilities, t));
        else expect(at(other, t)).not.toEqual(at(logProbabilities, t));
      }
    }
  });

  it('has a past that is a language model of its own', () => {
    const lm = modelConfig({ layers: 2 });
    const values: Values = zeroParameters(lm);
    for (const name of Object.keys(values)) {
      values[name] = parameters[name.replace('rnn.', 'past.').replace('output.', 'past_output.')];
    }
    const { logProbabilities } = runTask(lm, values, batch);
    const { pastLogProbabilities } = runTask(config, parameters, batch);
    for (let t = 1; t < 5; t++) expect(at(pastLogProbabilities, t)).toEqual(at(logProbabilities, t - 1));
  });

  it('goes on after `carry` tokens as if the text had not been cut', () => {
    const chunk = (from: number, to: number, carry: number): Batch => ({
      steps: to - from,
      inputs: batch.inputs.slice(from, to),
      targets: batch.inputs.slice(from, to).map((token, t) => (t < carry ? token : -1)),
      carry,
      fresh: false,
    });
    const whole = runTask(config, parameters, batch);
    const first = runTask(config, parameters, chunk(0, 5, 3));
    const second = runTask(config, parameters, chunk(3, 5, 2), { state: first.state });
    expect(first.tokens + second.tokens).toBe(5);
    expect(first.rowLosses[0] + second.rowLosses[0]).toBeCloseTo(whole.rowLosses[0], 12);
    expect(first.pastRowLosses[0] + second.pastRowLosses[0]).toBeCloseTo(whole.pastRowLosses[0], 12);
    expectClose(second.state, whole.state, 1e-12, 'final state');
  });
});

describe('translate', () => {
  const config = modelConfig({ task: 'translate', bidirectional: true, classes: 6, attention: 'general' });
  const parameters = randomParameters(config, 1);
  const batch = randomBatch(config, { steps: 3, batchSize: 3, lengths: [3, 2, 1], sourceSteps: 5 }, 2);

  it('has attention weights that sum to 1 over a source and are 0 beyond', () => {
    const { attention } = runTask(config, parameters, batch);
    const { lengths, rows } = batch.source!;
    for (const [position, row] of [0, 1, 2, 3, 4, 6].map((i) => [i, i % 3])) {
      const weights = attention.subarray(position * 5, (position + 1) * 5);
      expect(weights.filter((weight) => weight > 0).length).toBe(lengths[rows[row]]);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    }
  });

  it('does not depend on the order of the sources', () => {
    const { source } = batch;
    const same = (rows: number[], order: number[]) =>
      runTask(config, parameters, {
        ...batch,
        source: {
          ...source!,
          lengths: source!.lengths.map((_, row) => source!.lengths[order[row]]),
          inputs: source!.inputs.map((_, i) => source!.inputs[Math.floor(i / 3) * 3 + order[i % 3]]),
          rows: Int32Array.from(rows),
        },
      }).rowLosses;
    const { rows } = source!;
    const order = [1, 2, 0];
    expect(
      same(
        Array.from(rows, (row) => order.indexOf(row)),
        order,
      ),
    ).toEqual(same([...rows], [0, 1, 2]));
  });
});

describe('classify', () => {
  it('reads one direction at its end', () => {
    const config = modelConfig({ task: 'classify', classes: 3, vocabulary: 7 });
    const tag = { ...config, task: 'tag' as const };
    const parameters = randomParameters(config, 1);
    const batch = randomBatch(config, { steps: 4, batchSize: 1 }, 2);
    const tags = { ...batch, targets: Int32Array.of(-1, -1, -1, batch.targets[0]) };
    expect(runTask(config, parameters, batch).loss).toBe(runTask(tag, parameters, tags).loss);
  });
});
