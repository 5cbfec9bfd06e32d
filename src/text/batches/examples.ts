/** Batches of examples, one a row, with as little padding as a shuffle allows. */

import { BOS, PAD } from '../tokens/index.ts';
import type { Batch, BatchSource, Documents, Examples, SourceBatch } from '../types.ts';
import { lastEpoch, type PlanOptions, planGroups, sortFalling } from './plan.ts';

export interface ExampleBatches extends BatchSource {
  /**
   * Share of the positions of the first epoch, of sources and targets together, that are padding; other epochs differ a
   * little.
   */
  readonly padding: number;
  /** Most time steps of a batch. */
  readonly longest: number;
  /** Most time steps of a source; 0 where there are none. */
  readonly longestSource: number;
}

/** How the examples of one batch are laid out. */
export interface ExampleLayout {
  /** Orders the examples of a batch, longest row first. */
  length(example: number): number;
  /** `PAD`s included. */
  fill(rows: Uint32Array): Batch;
  positions(rows: Uint32Array): number;
  /** Valid positions of all examples. */
  total: number;
  /** As in `ExampleBatches`. */
  longest: number;
  longestSource: number;
}

/** Lays out batches of B rows, B being `batchSize`. */
export type LayOutExamples = (examples: Examples, batchSize: number) => ExampleLayout;

/**
 * Batches of examples, in which every example comes once an epoch: rows by falling length, `PAD` in inputs and -1 in
 * targets past the end, all batches `fresh`. Epochs have the same number of batches; `planGroups` says how their order
 * comes about. A batch is valid until the next call.
 */
export function batchExamples(layOut: LayOutExamples, examples: Examples, options: PlanOptions): ExampleBatches {
  const { batchSize } = options;
  const { inputs, outputs } = examples;
  const longestInput = longestOf(inputs);
  const layout = layOut(examples, batchSize);
  // Outputs of one length stand together, and of these, inputs of one length, which fall and grow in turns: neither has
  // much padding.
  const size = (i: number): number => {
    const [output, input] = [outputs.lengths[i], inputs.lengths[i]];
    return output * (longestInput + 1) + (output % 2 === 0 ? input : longestInput - input);
  };
  const plan = lastEpoch((epoch) => planGroups(inputs.lengths.length, size, () => 1, options, epoch));
  const rowsOf = (epoch: number, number: number): Uint32Array => {
    const { order, groups } = plan(epoch);
    const rows = order.slice(groups[number] * batchSize, (groups[number] + 1) * batchSize);
    sortFalling(rows, layout.length);
    return rows;
  };
  const batchesPerEpoch = plan(0).groups.length;
  let positions = 0;
  for (let number = 0; number < batchesPerEpoch; number++) positions += layout.positions(rowsOf(0, number));
  return {
    batchesPerEpoch,
    tokensPerEpoch: totalOf(outputs),
    padding: 1 - layout.total / positions,
    longest: layout.longest,
    longestSource: layout.longestSource,
    batch: (index) => layout.fill(rowsOf(Math.floor(index / batchesPerEpoch), index % batchesPerEpoch)),
  };
}

function longestOf({ lengths }: Documents): number {
  return lengths.reduce((longest, length) => Math.max(longest, length), 0);
}

function totalOf({ lengths }: Documents): number {
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** Lays documents side by side, one a row, in memory that is used again. */
interface Grid {
  /** `rows` by falling length, each from time step `from` on; `padding` past their ends. */
  fill(rows: Uint32Array, from?: number): { steps: number; values: Int32Array; lengths: Int32Array };
}

function createGrid({ tokens, starts, lengths }: Documents, longest: number, batchSize: number, padding: number): Grid {
  const values = new Int32Array((longest + 1) * batchSize);
  const valid = new Int32Array(batchSize);
  return {
    fill(rows, from = 0) {
      const steps = lengths[rows[0]];
      values.fill(padding, 0, steps * batchSize);
      valid.fill(0);
      for (let row = 0; row < rows.length; row++) {
        const length = lengths[rows[row]];
        valid[row] = length;
        tokens.read(starts[rows[row]], length - from, values, from * batchSize + row, batchSize);
      }
      return { steps, values: values.subarray(0, steps * batchSize), lengths: valid };
    },
  };
}

/**
 * Inputs are the text, targets its labels: one for each token, or where outputs are one time step long, (B), one for the
 * text.
 */
export function layOutLabels({ inputs, outputs }: Examples, batchSize: number): ExampleLayout {
  const longest = longestOf(inputs);
  const grid = createGrid(inputs, longest, batchSize, PAD);
  const labels = createGrid(outputs, longestOf(outputs), batchSize, -1);
  return {
    length: (example) => inputs.lengths[example],
    positions: (rows) => inputs.lengths[rows[0]] * batchSize,
    total: totalOf(inputs),
    longest,
    longestSource: 0,
    fill(rows) {
      const { steps, values, lengths } = grid.fill(rows);
      const targets = labels.fill(rows).values;
      // Labels that are not known are none to learn.
      for (let i = 0; i < targets.length; i++) if (targets[i] < 0) targets[i] = -1;
      return { steps, inputs: values, targets, lengths, fresh: true };
    },
  };
}

/** Inputs are `<bos> y1 … yn`, targets `y1 … yn <eos>`; `source` has the sources, in an order of their own. */
export function layOutPairs({ inputs, outputs }: Examples, batchSize: number): ExampleLayout {
  const longest = longestOf(outputs);
  const longestSource = longestOf(inputs);
  const before = createGrid(outputs, longest, batchSize, PAD);
  const after = createGrid(outputs, longest, batchSize, -1);
  const sources = createGrid(inputs, longestSource, batchSize, PAD);
  const rowOf = new Int32Array(batchSize);

  const fillSource = (rows: Uint32Array): SourceBatch => {
    const order = Uint32Array.from(rows, (_, row) => row);
    sortFalling(order, (row) => inputs.lengths[rows[row]]);
    // Rows without an example are the last of both.
    for (let row = 0; row < batchSize; row++) rowOf[row < rows.length ? order[row] : row] = row;
    const { steps, values, lengths } = sources.fill(order.map((row) => rows[row]));
    return { steps, inputs: values, lengths, rows: rowOf };
  };

  return {
    length: (example) => outputs.lengths[example],
    positions: (rows) =>
      (outputs.lengths[rows[0]] + rows.reduce((most, example) => Math.max(most, inputs.lengths[example]), 0)) *
      batchSize,
    total: totalOf(inputs) + totalOf(outputs),
    longest,
    longestSource,
    fill(rows) {
      const { steps, values, lengths } = before.fill(rows, 1);
      for (let row = 0; row < rows.length; row++) values[row] = BOS;
      return {
        steps,
        inputs: values,
        targets: after.fill(rows).values,
        lengths,
        fresh: true,
        source: fillSource(rows),
      };
    },
  };
}
