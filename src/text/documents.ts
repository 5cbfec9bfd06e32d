/** Batches of documents of different lengths, each `<bos> w1 … wn <eos>`, with as little padding as a shuffle allows. */

import { lastEpoch, type PlanOptions, planEpoch } from './plan.ts';
import { type BatchSource, BOS, PAD, type TokenStore } from './types.ts';

/** Documents in a store of tokens: document i is the `lengths[i]` tokens from `starts[i]` on, the last of which is `<eos>`. */
export interface Documents {
  tokens: TokenStore;
  starts: Uint32Array;
  lengths: Uint32Array;
}

export interface DocumentBatchOptions extends PlanOptions {
  /** Largest T of a chunk. */
  sequenceLength: number;
}

export interface DocumentBatches extends BatchSource {
  /** Share of the positions of the first epoch that are padding; other epochs differ a little. */
  readonly padding: number;
}

/**
 * Batches of documents: inputs `<bos> w1 … wn`, targets `w1 … wn <eos>`, one document a row, rows by falling length, `PAD` in inputs
 * and targets past the end. A document longer than the sequence length goes on in the batches that follow, the first of
 * which alone is `fresh`. Each target comes once an epoch. A batch is valid until the next call.
 * Batches of the same number are the same in each run; `planGroups` says how their order comes about.
 */
export function documentBatches(documents: Documents, options: DocumentBatchOptions): DocumentBatches {
  const { batchSize, sequenceLength } = options;
  const { tokens, starts, lengths } = documents;
  const inputs = new Int32Array(batchSize * sequenceLength);
  const targets = new Int32Array(batchSize * sequenceLength);
  const valid = new Int32Array(batchSize);
  const cut = {
    chunks: (length: number) => Math.ceil(length / sequenceLength),
    steps: (length: number, chunk: number) => Math.max(0, Math.min(sequenceLength, length - chunk * sequenceLength)),
  };
  const plan = lastEpoch((epoch) => planEpoch(lengths, cut, options, epoch));
  const { batchGroup, positions } = plan(0);
  const batchesPerEpoch = batchGroup.length;
  const tokensPerEpoch = lengths.reduce((sum, length) => sum + length, 0);

  return {
    batchesPerEpoch,
    tokensPerEpoch,
    padding: 1 - tokensPerEpoch / positions,
    batch(index) {
      const { order, batchGroup, batchChunk } = plan(Math.floor(index / batchesPerEpoch));
      const group = batchGroup[index % batchesPerEpoch];
      const chunk = batchChunk[index % batchesPerEpoch];
      const done = chunk * sequenceLength;
      const rows = order.subarray(group * batchSize, (group + 1) * batchSize);
      const left = (row: number): number => cut.steps(lengths[rows[row]], chunk);
      const steps = left(0);
      inputs.fill(PAD, 0, steps * batchSize);
      targets.fill(PAD, 0, steps * batchSize);
      valid.fill(0);
      for (let row = 0; row < rows.length; row++) {
        const count = left(row);
        if (count === 0) break;
        const start = starts[rows[row]] + done;
        valid[row] = count;
        tokens.read(start, count, targets, row, batchSize);
        if (done === 0) {
          inputs[row] = BOS;
          tokens.read(start, count - 1, inputs, batchSize + row, batchSize);
        } else {
          tokens.read(start - 1, count, inputs, row, batchSize);
        }
      }
      return {
        steps,
        inputs: inputs.subarray(0, steps * batchSize),
        targets: targets.subarray(0, steps * batchSize),
        lengths: valid,
        fresh: done === 0,
      };
    },
  };
}
