/** Batches of examples: every example whole, once an epoch, the same by number, with little padding. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  BOS,
  type Documents,
  EOS,
  type ExampleBatches,
  type Examples,
  type ExampleTask,
  exampleBatches,
  PAD,
} from '../../../src/text/index.ts';
import { createTokenStore } from '../../../src/text/read/token-store.ts';

function documentsOf(rows: number[][]): Documents {
  const store = createTokenStore();
  const ids = rows.flat();
  store.append(Int32Array.from(ids), ids.length, Math.max(...ids, 0) + 1);
  const lengths = Uint32Array.from(rows, (row) => row.length);
  const starts = new Uint32Array(rows.length);
  for (let i = 1; i < rows.length; i++) starts[i] = starts[i - 1] + lengths[i - 1];
  return { tokens: store, starts, lengths };
}

const ids = (length: number, example: number): number[] => Array.from({ length }, (_, j) => 50 * example + j + 10);

/** Examples with inputs and outputs of given lengths; each token tells its place. */
function examplesOf(
  task: ExampleTask,
  sizes: readonly (readonly [number, number])[],
): [Examples, number[][], number[][]] {
  const inputs = sizes.map(([size], i) => ids(size, i));
  const outputs = sizes.map(([size, target], i) => {
    if (task === 'classify') return [i % 7];
    return task === 'tag' ? ids(size, i).map((id) => id % 5) : [...ids(target, i + 1), EOS];
  });
  return [{ inputs: documentsOf(inputs), outputs: documentsOf(outputs) }, inputs, outputs];
}

function copy(batch: Batch): Batch {
  return structuredClone(batch);
}

/** The columns of a (T, B) array up to the rows' lengths; checks what is past them. */
function columns(values: Int32Array, lengths: Int32Array, steps: number, padding: number): number[][] {
  expect(values).toHaveLength(steps * lengths.length);
  expect([...lengths]).toEqual([...lengths].sort((a, b) => b - a));
  expect(lengths[0]).toBe(steps);
  return Array.from(lengths, (length, b) => {
    const column = Array.from({ length: steps }, (_, t) => values[t * lengths.length + b]);
    expect(column.slice(length)).toEqual(Array(steps - length).fill(padding));
    return column.slice(0, length);
  });
}

/** Inputs and outputs of the examples in an epoch, put together again. */
function readBack(task: ExampleTask, source: ExampleBatches, batchSize: number, epoch: number): [number[], number[]][] {
  const found: [number[], number[]][] = [];
  for (let i = 0; i < source.batchesPerEpoch; i++) {
    const batch = source.batch(epoch * source.batchesPerEpoch + i);
    const lengths = batch.lengths!;
    expect(batch.fresh).toBe(true);
    expect(lengths).toHaveLength(batchSize);
    expect(batch.steps).toBeLessThanOrEqual(source.longest);
    const read = columns(batch.inputs, lengths, batch.steps, PAD);
    if (task === 'classify') {
      expect(batch.targets).toHaveLength(batchSize);
      for (let b = 0; b < batchSize; b++) {
        if (lengths[b] === 0) expect(batch.targets[b]).toBe(-1);
        else found.push([read[b], [batch.targets[b]]]);
      }
      continue;
    }
    const targets = columns(batch.targets, lengths, batch.steps, -1);
    if (task === 'tag') {
      for (let b = 0; b < batchSize; b++) if (lengths[b] > 0) found.push([read[b], targets[b]]);
      continue;
    }
    const { rows, lengths: sourceLengths, steps, inputs } = batch.source!;
    expect(steps).toBeLessThanOrEqual(source.longestSource);
    expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: batchSize }, (_, b) => b));
    const sources = columns(inputs, sourceLengths, steps, PAD);
    for (let b = 0; b < batchSize; b++) {
      expect(sourceLengths[rows[b]] > 0).toBe(lengths[b] > 0);
      if (lengths[b] === 0) continue;
      expect(read[b]).toEqual([BOS, ...targets[b].slice(0, -1)]);
      found.push([sources[rows[b]], targets[b]]);
    }
  }
  return found;
}

const TASKS = ['classify', 'tag', 'translate'] as const;
const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })), {
  minLength: 1,
  maxLength: 40,
});
const choice = fc.record({ batchSize: fc.integer({ min: 1, max: 6 }), seed: fc.nat(), shuffle: fc.boolean() });

describe.each(TASKS)('batches of %s', (task) => {
  it('have every example whole, once an epoch', () => {
    fc.assert(
      fc.property(sizes, choice, fc.nat(3), (lengths, options, epoch) => {
        const [examples, inputs, outputs] = examplesOf(task, lengths);
        const source = exampleBatches(task, examples, options);
        const found = readBack(task, source, options.batchSize, epoch);
        found.sort(([a], [b]) => a[0] - b[0]);
        expect(found).toEqual(inputs.map((row, i) => [row, outputs[i]]));
        expect(source.batchesPerEpoch).toBe(Math.ceil(lengths.length / options.batchSize));
        expect(source.tokensPerEpoch).toBe(outputs.flat().length);
        const [longestInput, longestOutput] = [inputs, outputs].map((rows) =>
          Math.max(...rows.map((row) => row.length)),
        );
        expect(source.longest).toBe(task === 'translate' ? longestOutput : longestInput);
        expect(source.longestSource).toBe(task === 'translate' ? longestInput : 0);
      }),
    );
  });

  it('are the same by number, in whatever order they are asked for', () => {
    const numbers = fc.array(fc.nat(60), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, choice, numbers, (lengths, options, asked) => {
        const [examples] = examplesOf(task, lengths);
        const source = exampleBatches(task, examples, options);
        for (const number of asked) {
          expect(copy(source.batch(number))).toEqual(copy(exampleBatches(task, examples, options).batch(number)));
        }
      }),
      { numRuns: 50 },
    );
  });

  // Sources and targets whose lengths go together a little, as those of words and their sounds do.
  const many = Array.from({ length: 4000 }, (_, i) => {
    const size = 1 + ((i * 7919) % 30);
    return [size, Math.max(1, size - 3 + ((i * 31) % 7))] as const;
  });

  it('have little padding, and state its share', () => {
    const [examples] = examplesOf(task, many);
    const source = exampleBatches(task, examples, { batchSize: 32, seed: 1, shuffle: true });
    let computed = 0;
    let valid = 0;
    for (let i = 0; i < source.batchesPerEpoch; i++) {
      const { steps, lengths, source: from } = source.batch(i);
      computed += (steps + (from?.steps ?? 0)) * 32;
      for (const row of [lengths!, from?.lengths ?? []]) for (const length of row) valid += length;
    }
    expect(source.padding).toBeCloseTo(1 - valid / computed, 12);
    expect(source.padding).toBeLessThan(0.06);
  });

  it('come in another order each epoch and for each seed, and in one order without a shuffle', () => {
    const [examples] = examplesOf(task, many);
    const first = (seed: number, epoch: number, shuffle = true): number[] => {
      const source = exampleBatches(task, examples, { batchSize: 32, seed, shuffle });
      return Array.from({ length: source.batchesPerEpoch }, (_, i) => {
        const batch = source.batch(epoch * source.batchesPerEpoch + i);
        return (batch.source ?? batch).inputs[0];
      });
    };
    expect(first(1, 0)).toEqual(first(1, 0));
    expect(first(1, 1)).not.toEqual(first(1, 0));
    expect(first(2, 0)).not.toEqual(first(1, 0));
    expect(first(2, 1, false)).toEqual(first(1, 0, false));
  });
});

describe('a batch of translate', () => {
  it('has its sources in an order of their own', () => {
    const [examples] = examplesOf('translate', [
      [1, 2],
      [3, 1],
    ]);
    expect(exampleBatches('translate', examples, { batchSize: 3, seed: 0 }).batch(0)).toEqual({
      steps: 3,
      fresh: true,
      lengths: Int32Array.of(3, 2, 0),
      inputs: Int32Array.of(BOS, BOS, PAD, 60, 110, PAD, 61, PAD, PAD),
      targets: Int32Array.of(60, 110, -1, 61, EOS, -1, EOS, -1, -1),
      source: {
        steps: 3,
        lengths: Int32Array.of(3, 1, 0),
        inputs: Int32Array.of(60, 10, PAD, 61, PAD, PAD, 62, PAD, PAD),
        rows: Int32Array.of(1, 0, 2),
      },
    });
  });
});
