/** Batches of one long text: rows that run through it side by side. */

import { InputError, option } from '../../errors.ts';
import { PAD } from '../tokens/index.ts';
import type { Batch, BatchSource, TokenStore } from '../types.ts';
import { countChunks } from './plan.ts';

export interface BatchShape {
  /** B, rows of a batch. */
  batchSize: number;
  /** Largest T of a chunk. */
  sequenceLength: number;
}

/** A shape with halves of the rows and time steps of `shape`, as often as it takes for a text of so many tokens to have one whole batch. */
export function shrinkToFit(tokens: number, { batchSize, sequenceLength }: BatchShape): BatchShape {
  let [rows, steps] = [batchSize, sequenceLength];
  while (rows * steps + 1 > tokens && (rows > 1 || steps > 2)) {
    // Rows first: the state goes on from chunk to chunk, while what rows side by side have in common is lost.
    if (rows > 1 && (4 * rows >= steps || steps <= 2)) rows = Math.floor(rows / 2);
    else steps = Math.max(2, Math.floor(steps / 2));
  }
  return { batchSize: rows, sequenceLength: steps };
}

/**
 * Batches for training. The text is cut into B rows of floor((n - 1) / B) positions, and batch i of an epoch holds
 * positions i * T and following of each, so that the state of a row goes on from batch to batch; the first is `fresh`,
 * the last may be shorter. Position p predicts token p + 1. Fewer than B positions at the end of the text are left out.
 * A batch is valid until the next call.
 *
 * @throws InputError if the text is too short for one whole batch.
 */
export function streamBatches(tokens: TokenStore, shape: BatchShape): BatchSource {
  const { batchSize, sequenceLength } = shape;
  checkFit(tokens, shape, batchSize * sequenceLength + 1);
  const positions = Math.floor((tokens.length - 1) / batchSize);
  return rowBatches(tokens, predictRows(shape), (row) => row * positions, positions * batchSize);
}

/**
 * Batches for evaluation: as `streamBatches`, but the first rows are one position longer where needed, so that each token of the
 * text but the first is a target exactly once, however short the text is.
 */
export function evaluationBatches(tokens: TokenStore, shape: BatchShape): BatchSource {
  const total = Math.max(0, tokens.length - 1);
  return rowBatches(tokens, predictRows(shape), evenRows(total, shape.batchSize), total);
}

export interface FillShape extends BatchShape {
  /** Time steps, from 1 to below T, that a chunk has past those with a target, so that the future's state is good there. */
  lookahead: number;
}

/**
 * Batches for training to fill in: rows as those of `streamBatches`, floor(n / B) positions each, where position p has
 * token p as input and as target. A chunk ends with `lookahead` positions without a target (-1), which come again at
 * the start of the next; `carry` says where the state of the past is to be kept for that. The last chunk of an epoch
 * has a target at all of its positions, so that each position has one once an epoch.
 *
 * @throws InputError if the text is too short for one whole batch, or the lookahead does not leave a target in each chunk.
 */
export function fillBatches(tokens: TokenStore, shape: FillShape): BatchSource {
  const { batchSize, sequenceLength } = shape;
  checkFit(tokens, shape, batchSize * sequenceLength);
  const positions = Math.floor(tokens.length / batchSize);
  return rowBatches(tokens, fillRows(shape), (row) => row * positions, positions * batchSize);
}

/**
 * Batches for the evaluation of filling in: as `fillBatches`, but each token of the text is a target exactly once, as
 * in `evaluationBatches`.
 */
export function fillEvaluationBatches(tokens: TokenStore, shape: FillShape): BatchSource {
  return rowBatches(tokens, fillRows(shape), evenRows(tokens.length, shape.batchSize), tokens.length);
}

/**
 * Time steps of a chunk that have a target when others follow it.
 *
 * @throws InputError for a lookahead that is not from 1 to below the sequence length.
 */
export function fillCarry({ sequenceLength, lookahead }: Omit<FillShape, 'batchSize'>): number {
  if (!(lookahead >= 1 && lookahead < sequenceLength)) {
    throw new InputError(
      `A lookahead of ${lookahead} steps does not fit in a ${option('seqLength')} of ${sequenceLength}; it is from 1 to below that.`,
    );
  }
  return sequenceLength - lookahead;
}

function checkFit(tokens: TokenStore, { batchSize, sequenceLength }: BatchShape, needed: number): void {
  if (tokens.length < needed) {
    throw new InputError(
      `The training text has ${tokens.length} tokens, and one batch of ${batchSize} rows of ${sequenceLength} takes ${needed}; lower ${option('batchSize')} or ${option('seqLength')}, or give more text.`,
    );
  }
}

/** Starts of B rows of `total` positions, the first of which are one longer where needed. */
function evenRows(total: number, batchSize: number): (row: number) => number {
  const positions = Math.floor(total / batchSize);
  const longer = total % batchSize;
  return (row) => row * positions + Math.min(row, longer);
}

/** How rows of a stream become chunks. */
interface Rows extends BatchShape {
  /** The target at position p is token p + `ahead`. */
  ahead: 0 | 1;
  /** What stands for a target where a row has ended. */
  noTarget: number;
  /**
   * Positions from the start of a chunk to that of the next, at most T; those past it have no target unless the chunk
   * is the last.
   */
  carry: number;
}

const predictRows = ({ batchSize, sequenceLength }: BatchShape): Rows => ({
  batchSize,
  sequenceLength,
  ahead: 1,
  noTarget: PAD,
  carry: sequenceLength,
});

const fillRows = (shape: FillShape): Rows => ({
  batchSize: shape.batchSize,
  sequenceLength: shape.sequenceLength,
  ahead: 0,
  noTarget: -1,
  carry: fillCarry(shape),
});

/** Row b is the positions from `start(b)` to `start(b + 1)`; the first row is the longest, `total` the positions of all. */
function rowBatches(
  tokens: TokenStore,
  { batchSize, sequenceLength, ahead, noTarget, carry }: Rows,
  start: (row: number) => number,
  total: number,
): BatchSource {
  const inputs = new Int32Array(batchSize * sequenceLength);
  const targets = new Int32Array(batchSize * sequenceLength);
  const lengths = new Int32Array(batchSize);
  const longest = start(1) - start(0);
  const batchesPerEpoch = countChunks(longest, sequenceLength, carry);
  return {
    batchesPerEpoch,
    tokensPerEpoch: total,
    batch(index) {
      const chunk = index % batchesPerEpoch;
      const done = chunk * carry;
      const steps = Math.min(sequenceLength, longest - done);
      const aimed = chunk === batchesPerEpoch - 1 ? steps : carry;
      targets.fill(noTarget, 0, steps * batchSize);
      for (let row = 0; row < batchSize; row++) {
        const count = Math.min(steps, start(row + 1) - start(row) - done);
        lengths[row] = count;
        tokens.read(start(row) + done, count, inputs, row, batchSize);
        tokens.read(start(row) + done + ahead, Math.min(count, aimed), targets, row, batchSize);
        // Rows differ by one position at most.
        if (count < steps) inputs[count * batchSize + row] = PAD;
      }
      const batch: Batch = {
        steps,
        inputs: inputs.subarray(0, steps * batchSize),
        targets: targets.subarray(0, steps * batchSize),
        fresh: chunk === 0,
      };
      if (lengths[batchSize - 1] < steps) batch.lengths = lengths;
      if (aimed < steps) batch.carry = aimed;
      return batch;
    },
  };
}
