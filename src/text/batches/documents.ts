/** Batches of documents of different lengths, each `<bos> w1 … wn <eos>`, with as little padding as a shuffle allows. */

import { BOS, PAD } from '../tokens/index.ts';
import type { Batch, BatchSource, Documents } from '../types.ts';
import { countChunks, lastEpoch, type PlanOptions, planEpoch } from './plan.ts';
import { fillCarry } from './stream.ts';

export interface DocumentBatchOptions extends PlanOptions {
  /** Largest T of a chunk. */
  sequenceLength: number;
}

export interface DocumentBatches extends BatchSource {
  /** Share of the positions of the first epoch that are padding; other epochs differ a little. */
  readonly padding: number;
}

/**
 * Batches of documents: inputs `<bos> w1 … wn`, targets `w1 … wn <eos>`, one document a row, rows by falling length,
 * `PAD` in inputs and targets past the end. A document longer than the sequence length goes on in the batches that
 * follow, the first of which alone is `fresh`. Each target comes once an epoch. A batch is valid until the next call.
 * Batches of the same number are the same in each run; `planGroups` says how their order comes about.
 */
export function documentBatches(documents: Documents, options: DocumentBatchOptions): DocumentBatches {
  return layOut(documents, options, { ahead: 1, carry: options.sequenceLength, noTarget: PAD });
}

export interface FillDocumentOptions extends DocumentBatchOptions {
  /** Time steps, from 1 to below the sequence length, that a chunk of a longer document has past those with a target. */
  lookahead: number;
}

/**
 * Batches of documents for filling in: inputs `<bos> w1 … wn <eos>`, each word its own target, -1 at `<bos>`, `<eos>`
 * and past the end. A longer document goes on in the batches that follow as rows do in `fillBatches`, the lookahead
 * included, each row to its own end.
 *
 * @throws InputError for a lookahead that does not leave a target in each chunk.
 */
export function fillDocumentBatches(documents: Documents, options: FillDocumentOptions): DocumentBatches {
  return layOut(documents, options, { ahead: 0, carry: fillCarry(options), noTarget: -1 });
}

interface Aim {
  /** 1: the target is the next token. 0: the same one, unless that is `<bos>` or `<eos>`. */
  ahead: 0 | 1;
  /** Time steps from the start of a chunk to that of the next; those past it have no target unless the row ends in the chunk. */
  carry: number;
  /** What stands for a target where there is none. */
  noTarget: number;
}

function layOut(documents: Documents, options: DocumentBatchOptions, { ahead, carry, noTarget }: Aim): DocumentBatches {
  const { batchSize, sequenceLength } = options;
  const { tokens, starts } = documents;
  // Of rows: with a `<bos>`, and without the `<eos>` that is only a target.
  const lengths = ahead === 1 ? documents.lengths : documents.lengths.map((length) => length + 1);
  const inputs = new Int32Array(batchSize * sequenceLength);
  const targets = new Int32Array(batchSize * sequenceLength);
  const valid = new Int32Array(batchSize);
  const chunks = (length: number): number => countChunks(length, sequenceLength, carry);
  const steps = (length: number, chunk: number): number =>
    chunk < chunks(length) ? Math.min(sequenceLength, length - chunk * carry) : 0;
  const plan = lastEpoch((epoch) => planEpoch(lengths, { chunks, steps }, options, epoch));
  const { batchGroup, positions } = plan(0);
  const batchesPerEpoch = batchGroup.length;
  const repeated = sequenceLength - carry;

  return {
    batchesPerEpoch,
    tokensPerEpoch: documents.lengths.reduce((sum, length) => sum + length - 1 + ahead, 0),
    padding: 1 - lengths.reduce((sum, length) => sum + length + (chunks(length) - 1) * repeated, 0) / positions,
    batch(index) {
      const { order, batchGroup, batchChunk } = plan(Math.floor(index / batchesPerEpoch));
      const group = batchGroup[index % batchesPerEpoch];
      const chunk = batchChunk[index % batchesPerEpoch];
      const done = chunk * carry;
      const rows = order.subarray(group * batchSize, (group + 1) * batchSize);
      const longest = lengths[rows[0]];
      const most = steps(longest, chunk);
      inputs.fill(PAD, 0, most * batchSize);
      targets.fill(noTarget, 0, most * batchSize);
      valid.fill(0);
      for (let row = 0; row < rows.length; row++) {
        const length = lengths[rows[row]];
        const count = steps(length, chunk);
        if (count === 0) break;
        valid[row] = count;
        // Of the row's positions, the first is `<bos>`.
        const first = starts[rows[row]] + done - 1;
        const begin = done === 0 ? 1 : 0;
        if (begin === 1) inputs[row] = BOS;
        tokens.read(first + begin, count - begin, inputs, begin * batchSize + row, batchSize);
        if (ahead === 1) {
          tokens.read(first + 1, count, targets, row, batchSize);
        } else {
          const aimed = chunk === chunks(length) - 1 ? count - 1 : carry;
          tokens.read(first + begin, aimed - begin, targets, begin * batchSize + row, batchSize);
        }
      }
      const batch: Batch = {
        steps: most,
        inputs: inputs.subarray(0, most * batchSize),
        targets: targets.subarray(0, most * batchSize),
        lengths: valid,
        fresh: done === 0,
      };
      if (carry < most && chunk < chunks(longest) - 1) batch.carry = carry;
      return batch;
    },
  };
}
