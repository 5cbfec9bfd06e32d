/** Writes a batch into the shared memory, and says what every thread needs to know of it. */

import { i32Index } from '../../kernels/index.ts';
import type { Batch } from '../../text/index.ts';
import type { Chunk, Span } from '../chunk.ts';
import type { Sequence } from '../memory/index.ts';
import type { Plan, SparseRows } from '../plan.ts';

export type WrittenBatch = Pick<Chunk, 'spans' | 'fresh' | 'carry' | 'outputRows' | 'tokens' | 'tailRows'>;

/** Writes a batch into the shared memory. Targets past a row's length are -1 there. */
export function writeBatch(i32: Int32Array, plan: Plan, batch: Batch): WrittenBatch {
  const { batchSize: B, model } = plan.options;
  const { network } = plan;
  const { steps, inputs, targets, lengths, source } = batch;
  const [main, sources] = network.sequences;
  const vocabularyOf = (sequence: Sequence): number =>
    network.stacks.find(({ tokens }) => tokens.sequence === sequence)!.shape.vocabulary;
  const spans = [writeSequence(i32, main, B, vocabularyOf(main), { steps, inputs, lengths })];
  if (sources) {
    if (!source) throw new RangeError('a batch to translate needs its sources');
    spans.push(writeSequence(i32, sources, B, vocabularyOf(sources), source));
    i32.set(source.rows.subarray(0, B), i32Index(network.sourceRows!));
  }

  const outputRows = network.onePerSequence ? B : steps * B;
  if (targets.length < outputRows) throw new RangeError(`${targets.length} targets are too few for ${outputRows} rows`);
  const first = i32Index(plan.targets);
  const to = i32.subarray(first, first + outputRows);
  to.set(targets.subarray(0, outputRows));
  const { classes } = model;
  let tokens = 0;
  for (let i = 0; i < outputRows; i++) {
    const valid = network.onePerSequence ? i < spans[0].active[0] : i % B < spans[0].active[Math.floor(i / B)];
    if (!valid) to[i] = -1;
    if (to[i] < -1 || to[i] >= classes) throw new RangeError(`target ${to[i]} is none of ${classes}`);
    if (to[i] >= 0) tokens++;
  }
  const carry = Math.min(batch.carry ?? steps, steps);
  const tailRows = network.heads.flatMap((head) => head.sortTargets?.(i32, outputRows) ?? []);
  return { spans, fresh: batch.fresh, carry, outputRows, tokens, tailRows };
}

/** Writes a sequence's tokens and lengths. */
export function writeSequence(
  i32: Int32Array,
  to: Sequence,
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
  i32.set(inputs.subarray(0, positions), i32Index(to.inputs));
  const lengthsAt = i32Index(to.lengths);
  const active = new Array<number>(steps).fill(0);
  for (let row = 0; row < B; row++) {
    const length = Math.min(lengths?.[row] ?? steps, steps);
    if (lengths && row > 0 && lengths[row] > lengths[row - 1]) {
      throw new RangeError('lengths must fall from row to row');
    }
    i32[lengthsAt + row] = length;
    for (let t = 0; t < length; t++) active[t]++;
  }
  return { steps, active };
}

/**
 * Makes the function that lists a chunk's tokens, each once, in the order in which they come; the list of the chunk
 * before moves to `stale`.
 */
export function sparseRows(
  i32: Int32Array,
  batchSize: number,
  { embedding, sequence, ...rows }: SparseRows,
): (spans: readonly Span[]) => { used: number; stale: number } {
  const inputs = i32Index(sequence.inputs);
  const used = i32Index(rows.used);
  const seen = new Uint32Array(embedding.shape[0]);
  let calls = 0;
  let usedRows = 0;
  return (spans) => {
    calls++;
    const staleRows = usedRows;
    i32.copyWithin(i32Index(rows.stale), used, used + usedRows);
    usedRows = 0;
    const { steps, active } = spans[sequence.index];
    for (let t = 0; t < steps; t++) {
      for (let row = 0; row < active[t]; row++) {
        const token = i32[inputs + t * batchSize + row];
        if (seen[token] === calls) continue;
        seen[token] = calls;
        i32[used + usedRows++] = token;
      }
    }
    return { used: usedRows, stale: staleRows };
  };
}
