/** One call's work, as every thread sees it, and how it is written into the shared memory. */

import { classCount } from '../model/index.ts';
import type { Batch } from '../text/index.ts';
import type { Layout, SparseRows } from './layout.ts';
import type { SequenceLayout } from './stack-layout.ts';

/** How far a sequence's rows go in a chunk. */
export interface Span {
  /** T of this chunk. */
  steps: number;
  /** Rows that go on at each time step: the first ones of the batch. */
  active: number[];
}

export interface Chunk {
  /** Of each of the layout's sequences. */
  spans: Span[];
  fresh: boolean;
  training: boolean;
  /** Time steps after which the state is left to the next chunk. */
  carry: number;
  /** Rows that the output layer computes: all of all time steps, or one a text. */
  outputRows: number;
  /** Rows with a target. */
  tokens: number;
  /** Updates before this one: the counter of dropout and of Adam's bias correction. */
  update: number;
  learningRate: number;
  /** Positions whose target is in each tail of an adaptive softmax. */
  tailRows: number[];
  /** Rows of each large embedding (see `SparseRows`) in use and still to be cleared. */
  usedRows: number[];
  staleRows: number[];
}

export type WrittenBatch = Pick<Chunk, 'spans' | 'fresh' | 'carry' | 'outputRows' | 'tokens' | 'tailRows'>;

/** Writes a batch into the shared memory. Targets past a row's length are -1 there. */
export function writeBatch(i32: Int32Array, layout: Layout, batch: Batch): WrittenBatch {
  const { batchSize: B, model } = layout.options;
  const { steps, inputs, targets, lengths, source } = batch;
  const [main, sources] = layout.sequences;
  const vocabularies = layout.stacks.map(({ shape }) => shape.vocabulary);
  const spans = [writeSequence(i32, main, B, vocabularies[vocabularies.length - 1], { steps, inputs, lengths })];
  if (sources) {
    if (!source) throw new RangeError('a batch to translate needs its sources');
    spans.push(writeSequence(i32, sources, B, vocabularies[0], source));
    i32.set(source.rows.subarray(0, B), layout.sourceRows / 4);
  }

  const outputRows = layout.pool ? B : steps * B;
  if (targets.length < outputRows) throw new RangeError(`${targets.length} targets are too few for ${outputRows} rows`);
  const to = i32.subarray(layout.targets / 4, layout.targets / 4 + outputRows);
  to.set(targets.subarray(0, outputRows));
  const classes = classCount(model);
  let tokens = 0;
  for (let i = 0; i < outputRows; i++) {
    const valid = layout.pool ? i < spans[0].active[0] : i % B < spans[0].active[Math.floor(i / B)];
    if (!valid) to[i] = -1;
    if (to[i] < -1 || to[i] >= classes) throw new RangeError(`target ${to[i]} is none of ${classes}`);
    if (to[i] >= 0) tokens++;
  }
  const carry = Math.min(batch.carry ?? steps, steps);
  return { spans, fresh: batch.fresh, carry, outputRows, tokens, tailRows: sortTargets(i32, layout, outputRows) };
}

/** Writes a sequence's tokens and lengths. */
export function writeSequence(
  i32: Int32Array,
  to: SequenceLayout,
  B: number,
  vocabulary: number,
  { steps, inputs, lengths }: { steps: number; inputs: Int32Array; lengths?: ArrayLike<number> | undefined },
): Span {
  const positions = steps * B;
  if (steps < 1 || steps > to.steps || inputs.length < positions) {
    throw new RangeError(`a batch of ${steps} time steps does not fit an engine of ${to.steps} by ${B}`);
  }
  for (let i = 0; i < positions; i++) {
    if (inputs[i] >>> 0 >= vocabulary) throw new RangeError(`token ${inputs[i]} is not in the vocabulary`);
  }
  i32.set(inputs.subarray(0, positions), to.inputs / 4);
  const active = new Array<number>(steps).fill(0);
  for (let row = 0; row < B; row++) {
    const length = Math.min(lengths?.[row] ?? steps, steps);
    if (lengths && row > 0 && lengths[row] > lengths[row - 1]) {
      throw new RangeError('lengths must fall from row to row');
    }
    i32[to.lengths / 4 + row] = length;
    for (let t = 0; t < length; t++) active[t]++;
  }
  return { steps, active };
}

/**
 * With an adaptive softmax: lists the positions of each tail's targets and puts the tail's class of the head in the
 * targets' place. Returns how many positions each tail has.
 */
function sortTargets(i32: Int32Array, layout: Layout, positions: number): number[] {
  const { output, tails } = layout;
  const targets = i32.subarray(layout.targets / 4, layout.targets / 4 + positions);
  const tailOf = (target: number): number => tails.findLastIndex(({ first }) => target >= first);
  const counts = tails.map(() => 0);
  if (tails.length === 0) return counts;
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
 * Makes the function that lists a chunk's tokens, each once, in the order in which they come; the list of the chunk
 * before moves to `stale`.
 */
export function sparseRows(
  i32: Int32Array,
  layout: Layout,
  { embedding, sequence, used, stale }: SparseRows,
): (spans: readonly Span[]) => { used: number; stale: number } {
  const B = layout.options.batchSize;
  const inputs = layout.sequences[sequence].inputs / 4;
  const seen = new Uint32Array(embedding.shape[0]);
  let calls = 0;
  let usedRows = 0;
  return (spans) => {
    calls++;
    const staleRows = usedRows;
    i32.copyWithin(stale / 4, used / 4, used / 4 + usedRows);
    usedRows = 0;
    const { steps, active } = spans[sequence];
    for (let t = 0; t < steps; t++) {
      for (let row = 0; row < active[t]; row++) {
        const token = i32[inputs + t * B + row];
        if (seen[token] === calls) continue;
        seen[token] = calls;
        i32[used / 4 + usedRows++] = token;
      }
    }
    return { used: usedRows, stale: staleRows };
  };
}
