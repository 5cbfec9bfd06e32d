/** One call's work, as every thread sees it, and how it is written into the shared memory. */

import type { Batch } from '../text/index.ts';
import type { Layout, SparseRows } from './layout.ts';

export interface Chunk {
  /** T of this chunk. */
  steps: number;
  fresh: boolean;
  training: boolean;
  /** Rows that go on at each time step: the first ones of the batch. */
  active: number[];
  /** Positions with a target. */
  tokens: number;
  /** Updates before this one: the counter of dropout and of Adam's bias correction. */
  update: number;
  learningRate: number;
  /** Positions whose target is in each tail of an adaptive softmax. */
  tailRows: number[];
  /** Rows of a large embedding (see `SparseRows`) in use and still to be cleared. */
  usedRows: number;
  staleRows: number;
}

/** Writes a batch into the shared memory. Targets past a row's length are -1 there. */
export function writeBatch(
  i32: Int32Array,
  layout: Layout,
  batch: Batch,
): Pick<Chunk, 'steps' | 'fresh' | 'active' | 'tokens' | 'tailRows'> {
  const { batchSize: B, sequenceLength: T, model } = layout.options;
  const { steps, inputs, targets, lengths } = batch;
  const positions = steps * B;
  if (steps < 1 || steps > T || inputs.length < positions || targets.length < positions) {
    throw new RangeError(`a batch of ${steps} time steps does not fit an engine of ${T} by ${B}`);
  }
  for (let i = 0; i < positions; i++) {
    if (inputs[i] >>> 0 >= model.vocabulary) throw new RangeError(`token ${inputs[i]} is not in the vocabulary`);
  }
  i32.set(inputs.subarray(0, positions), layout.inputs / 4);
  i32.set(targets.subarray(0, positions), layout.targets / 4);
  const active = new Array<number>(steps).fill(B);
  let tokens = positions;
  i32.fill(steps, layout.lengths / 4, layout.lengths / 4 + B);
  if (lengths) {
    active.fill(0);
    tokens = 0;
    for (let row = 0; row < B; row++) {
      const length = Math.min(lengths[row], steps);
      if (row > 0 && lengths[row] > lengths[row - 1]) throw new RangeError('lengths must fall from row to row');
      i32[layout.lengths / 4 + row] = length;
      for (let t = 0; t < length; t++) active[t]++;
      for (let t = length; t < steps; t++) i32[layout.targets / 4 + t * B + row] = -1;
      tokens += length;
    }
  }
  for (let t = 0; t < steps; t++) {
    for (let row = 0; row < active[t]; row++) {
      const target = targets[t * B + row];
      if (target >>> 0 >= model.vocabulary) throw new RangeError(`token ${target} is not in the vocabulary`);
    }
  }
  return { steps, fresh: batch.fresh, active, tokens, tailRows: sortTargets(i32, layout, positions) };
}

/**
 * With an adaptive softmax: lists the positions of each tail's targets and puts the tail's class of the head in the targets' place.
 * Returns how many positions each tail has.
 */
function sortTargets(i32: Int32Array, layout: Layout, positions: number): number[] {
  const { output, tails } = layout;
  const targets = i32.subarray(layout.targets / 4, layout.targets / 4 + positions);
  const tailOf = (target: number): number => tails.findLastIndex(({ first }) => target >= first);
  const counts = tails.map(() => 0);
  for (const target of targets) if (tailOf(target) >= 0) counts[tailOf(target)]++;
  const next = counts.map((_, i) => counts.slice(0, i).reduce((sum, count) => sum + count, 0));
  for (let position = 0; position < positions; position++) {
    const tail = tailOf(targets[position]);
    if (tail < 0) continue;
    const place = next[tail]++;
    i32[layout.tailPositions / 4 + place] = position;
    i32[layout.tailTargets / 4 + place] = targets[position] - tails[tail].first;
    targets[position] = output.classes - tails.length + tail;
  }
  return counts;
}

/**
 * Makes the function that lists a chunk's tokens, each once, in the order in which they come; the list of the chunk before moves to
 * `stale`.
 */
export function sparseRows(
  i32: Int32Array,
  layout: Layout,
  { used, stale }: SparseRows,
): (batch: Batch) => Pick<Chunk, 'usedRows' | 'staleRows'> {
  const B = layout.options.batchSize;
  const seen = new Uint32Array(layout.options.model.vocabulary);
  let calls = 0;
  let usedRows = 0;
  return ({ steps, inputs, lengths }) => {
    calls++;
    const staleRows = usedRows;
    i32.copyWithin(stale / 4, used / 4, used / 4 + usedRows);
    usedRows = 0;
    for (let t = 0; t < steps; t++) {
      for (let row = 0; row < B && t < (lengths?.[row] ?? steps); row++) {
        const token = inputs[t * B + row];
        if (seen[token] === calls) continue;
        seen[token] = calls;
        i32[used / 4 + usedRows++] = token;
      }
    }
    return { usedRows, staleRows };
  };
}
