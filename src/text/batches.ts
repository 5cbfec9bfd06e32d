/** Batches of one long text: rows that run through it side by side. */

import { InputError } from '../errors.ts';
import { type BatchSource, PAD, type TokenStore } from './types.ts';

export interface BatchShape {
  /** B, rows of a batch. */
  batchSize: number;
  /** Largest T of a chunk. */
  sequenceLength: number;
}

/**
 * Batches for training. The text is cut into B rows of floor((n - 1) / B) positions, and batch i of an epoch holds positions
 * i * T and following of each, so that the state of a row goes on from batch to batch; the first is `fresh`, the last may be
 * shorter. Position p predicts token p + 1. Fewer than B positions at the end of the text are left out. A batch is valid until the next call.
 *
 * @throws InputError if the text is too short for one whole batch.
 */
export function streamBatches(tokens: TokenStore, { batchSize, sequenceLength }: BatchShape): BatchSource {
  const needed = batchSize * sequenceLength + 1;
  if (tokens.length < needed) {
    throw new InputError(
      `The training text has ${tokens.length} tokens, and one batch of ${batchSize} rows of ${sequenceLength} takes ${needed}; lower --batch-size or --seq-length, or give more text.`,
    );
  }
  const positions = Math.floor((tokens.length - 1) / batchSize);
  return rowBatches(tokens, { batchSize, sequenceLength }, (row) => row * positions, positions * batchSize);
}

/**
 * Batches for evaluation: as `streamBatches`, but the first rows are one position longer where needed, so that each token of the
 * text but the first is a target exactly once, however short the text is.
 */
export function evaluationBatches(tokens: TokenStore, { batchSize, sequenceLength }: BatchShape): BatchSource {
  const total = Math.max(0, tokens.length - 1);
  const positions = Math.floor(total / batchSize);
  const longer = total % batchSize;
  const start = (row: number): number => row * positions + Math.min(row, longer);
  return rowBatches(tokens, { batchSize, sequenceLength }, start, total);
}

/** Row b is the positions from `start(b)` to `start(b + 1)`; the first row is the longest, `total` the positions of all. */
function rowBatches(
  tokens: TokenStore,
  { batchSize, sequenceLength }: BatchShape,
  start: (row: number) => number,
  total: number,
): BatchSource {
  const inputs = new Int32Array(batchSize * sequenceLength);
  const targets = new Int32Array(batchSize * sequenceLength);
  const lengths = new Int32Array(batchSize);
  const longest = start(1) - start(0);
  const batchesPerEpoch = Math.ceil(longest / sequenceLength);
  return {
    batchesPerEpoch,
    tokensPerEpoch: total,
    batch(index) {
      const done = (index % batchesPerEpoch) * sequenceLength;
      const steps = Math.min(sequenceLength, longest - done);
      for (let row = 0; row < batchSize; row++) {
        const count = Math.min(steps, start(row + 1) - start(row) - done);
        lengths[row] = count;
        tokens.read(start(row) + done, count, inputs, row, batchSize);
        tokens.read(start(row) + done + 1, count, targets, row, batchSize);
        // Rows differ by one position at most.
        if (count < steps) {
          inputs[count * batchSize + row] = PAD;
          targets[count * batchSize + row] = PAD;
        }
      }
      const batch = {
        steps,
        inputs: inputs.subarray(0, steps * batchSize),
        targets: targets.subarray(0, steps * batchSize),
        fresh: done === 0,
      };
      return lengths[batchSize - 1] < steps ? { ...batch, lengths } : batch;
    },
  };
}
