/**
 * A softmax over some classes, with its cross-entropy and gradients. It works on blocks of rows, so that with a large vocabulary
 * the logits never exist all at once; within a block rows are shared out, then the tiles of the weight's gradient.
 *
 * Memory: one block of logits, at most 16 MB or a row a thread.
 */

import {
  type Address,
  at,
  f32Index,
  f64Index,
  i32Index,
  offsetBy,
  PANEL,
  type PanelMatrix,
  panelsOf,
  ROW,
  shifted,
} from '../../kernels/index.ts';
import { type ParameterSpec, uniform, zeros } from '../../model/index.ts';
import type { Chunk } from '../chunk.ts';
import type { Columns, Parameter, Planner } from '../memory/index.ts';
import { type Context, shareOf } from '../team/index.ts';
import { type Features, featuresOf, type Head } from './head.ts';
import { type Linear, linearBackward, linearForward, planLinear } from './linear.ts';
import { shareLinearGradient } from './weight-gradient.ts';

/** Logit of a padded column: its exponential is exactly 0. */
const PADDED_LOGIT = -1e30;
/** Bytes of logits that exist at once, at most (but at least one row for each thread). */
const LOGITS_BYTES = 16 << 20;
/** Rows of a work item at most: their inputs stay in the second-level cache. */
const ITEM_ROWS = 96;

/**
 * `name.weight` (classes, width), unless it is tied, and `name.bias` (classes). The weight is uniform in ±3/sqrt(H): from
 * ±1/sqrt(H) a stack of two layers stays for hundreds of steps at what the tokens' frequencies alone give (a minute on the
 * Penn Treebank, 2 x 200, tied: validation perplexity 743 against 344).
 */
export function softmaxParameters(
  name: string,
  { classes, width, hidden, tied }: { classes: number; width: number; hidden: number; tied: boolean },
): ParameterSpec[] {
  const initial = uniform(3 * (1 / Math.sqrt(hidden)));
  const bias: ParameterSpec = { name: `${name}.bias`, shape: [classes], role: 'bias', initial: zeros, tokens: 'rows' };
  if (tied) return [bias];
  return [{ name: `${name}.weight`, shape: [classes, width], role: 'output', initial, tokens: 'rows' }, bias];
}

/** A softmax over some classes of an input of some width. */
export interface Softmax extends Linear {
  classes: number;
  /** (blockRows, panels of classes). */
  logits: PanelMatrix;
  blockRows: number;
  /** (T*B, 16) each: row maxima, row sums, then factors. */
  largest: Address;
  sums: Address;
  /** Label smoothing (Szegedy et al. 2016). */
  smoothing: number;
  /** What each class's targets count for in the gradient; 1 if absent. */
  weights: readonly number[] | undefined;
}

export function planSoftmax(
  planner: Planner,
  weight: Parameter,
  bias: Parameter | undefined,
  columns?: Columns,
): Softmax {
  const { arena, batchSize, sequenceLength, threads, labelSmoothing, classWeights } = planner;
  const classes = weight.shape[0];
  const panels = panelsOf(classes);
  const positions = sequenceLength * batchSize;
  const fitting = Math.floor(LOGITS_BYTES / (panels * ROW));
  const blockRows = Math.min(positions, Math.max(threads, PANEL, fitting));
  const lanes = (name: string): Address => planner.shared(name, () => arena.reserve(positions * ROW));
  return {
    ...planLinear(planner, weight, { bias, padding: PADDED_LOGIT, ...(columns ? { columns } : {}) }),
    classes,
    logits: arena.activations(blockRows, panels),
    blockRows,
    largest: lanes('softmax largest'),
    sums: lanes('softmax sums'),
    smoothing: labelSmoothing,
    weights: classWeights,
  };
}

/**
 * An output layer over the whole of some features.
 * @param add The features' gradient has that of another output already, to which this one's is added.
 * @param guesses An evaluation says which class was the likeliest.
 */
export function planSoftmaxHead(
  planner: Planner,
  softmax: Softmax,
  features: Features,
  { add = false, guesses = false } = {},
): Head {
  const { arena, batchSize, sequenceLength, targets } = planner;
  const positions = sequenceLength * batchSize;
  const losses = arena.reserve(positions * 8);
  const right = arena.reserve(positions * 4);
  const guessesAt = guesses ? arena.reserve(positions * 4) : undefined;
  return {
    features,
    linears: [softmax],
    losses,
    right,
    ...(guessesAt === undefined ? {} : { guesses: guessesAt }),
    run(context, chunk, from = features) {
      softmaxLayer(context, chunk, softmax, {
        rows: chunk.outputRows,
        input: featuresOf(from, chunk),
        dInput: chunk.training ? from.gradient : undefined,
        add,
        targets,
        losses,
        right,
        guesses: guessesAt,
        positions: undefined,
      });
    },
    logProbabilities(context, input, rows, to, offset) {
      logSoftmax(context, softmax, input, rows, to, offset, softmax.classes);
    },
  };
}

/** The rows that a softmax works on. */
export interface SoftmaxRows {
  rows: number;
  /** Their inputs, from row 0 on, and where the inputs' gradients go. */
  input: PanelMatrix;
  dInput: PanelMatrix | undefined;
  /** The inputs' gradients are added to what is there. */
  add: boolean;
  /** Their targets, -1 where there is none. */
  targets: Address;
  /** Each position's loss. */
  losses: Address;
  /** Where it is said whether the target was the likeliest, 1 or 0, if that is asked for. */
  right: Address | undefined;
  /** Where an evaluation says which class was the likeliest, if that is asked for. */
  guesses: Address | undefined;
  /** Their positions, if row r is not position r; then the loss is added to what there is for the position. */
  positions: Address | undefined;
}

/** Runs over all rows, in blocks. Called by all threads. */
export function softmaxLayer(context: Context, chunk: Chunk, softmax: Softmax, all: SoftmaxRows): void {
  const { threads } = context;
  // Blocks of the same size, and in each as many work items of the same size for every thread.
  const blocks = Math.max(1, Math.ceil(all.rows / softmax.blockRows));
  const blockRows = Math.max(1, Math.ceil(all.rows / blocks));
  // A tail without rows has a gradient too: 0.
  for (let first = 0; first === 0 || first < all.rows; first += blockRows) {
    // The tiles of the block before read the logits that this one overwrites.
    if (first > 0) threads.barrier();
    const rows = Math.min(blockRows, all.rows - first);
    const items = threads.count * Math.ceil(rows / (threads.count * ITEM_ROWS));
    const itemRows = Math.ceil(rows / Math.max(1, items));
    threads.share(items, (item) => {
      const start = item * itemRows;
      const count = Math.min(itemRows, rows - start);
      if (count > 0) softmaxBlock(context, chunk, softmax, all, first + start, start, count);
    });
    context.lap('softmax');
    threads.barrier();
    context.lap('barrier');
    if (!chunk.training) continue;
    shareLinearGradient(context, softmax, softmax.logits, shifted(all.input, 0, first), rows, first > 0);
    context.lap('weight gradients');
  }
}

/** Rows from `first` on, at row `row` of the block of logits. */
function softmaxBlock(
  context: Context,
  chunk: Chunk,
  softmax: Softmax,
  all: SoftmaxRows,
  first: number,
  row: number,
  rows: number,
): void {
  const { kernels, f32, f64, i32 } = context;
  const { logits, classes, smoothing, weights } = softmax;
  const z = shifted(logits, 0, row);
  linearForward(context, softmax, logits, row, all.input, first, rows);

  const largest = offsetBy(softmax.largest, first * ROW);
  const sums = offsetBy(softmax.sums, first * ROW);
  const largestAt = f32Index(largest);
  const sumsAt = f32Index(sums);
  const targets = i32Index(all.targets) + first;
  const logitAt = (r: number, token: number): number =>
    f32Index(at(logits, Math.floor(token / PANEL), row + r)) + (token % PANEL);
  /** The class with the largest value of a row. */
  const likeliest = (r: number): number => {
    let best = 0;
    for (let one = 1; one < classes; one++) if (f32[logitAt(r, one)] > f32[logitAt(r, best)]) best = one;
    return best;
  };
  const targetLogits = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const target = i32[targets + r];
    if (target >= 0) targetLogits[r] = f32[logitAt(r, target)];
  }
  kernels.softmaxExponentials(z, rows, logits.panels, largest, sums);
  for (let r = 0; r < rows; r++) {
    let loss = 0;
    if (i32[targets + r] >= 0) {
      loss = Math.log(f32[sumsAt + r * PANEL]) + f32[largestAt + r * PANEL] - targetLogits[r];
    }
    if (all.positions === undefined) f64[f64Index(all.losses) + first + r] = loss;
    else f64[f64Index(all.losses) + i32[i32Index(all.positions) + first + r]] += loss;
    const isRight = i32[targets + r] >= 0 && targetLogits[r] === f32[largestAt + r * PANEL];
    if (all.right !== undefined) i32[i32Index(all.right) + first + r] = isRight ? 1 : 0;
    if (all.guesses !== undefined && !chunk.training) {
      i32[i32Index(all.guesses) + first + r] = isRight ? i32[targets + r] : likeliest(r);
    }
  }
  if (!all.dInput) return;

  // d loss / d logit = weight * (probability - wanted) / tokens, where the target is wanted, and with label smoothing all classes a bit.
  const weightOf = (target: number): number => (target < 0 ? 0 : (weights?.[target] ?? 1));
  for (let r = 0; r < rows; r++) {
    const factor = weightOf(i32[targets + r]) / (f32[sumsAt + r * PANEL] * chunk.tokens);
    f32.fill(factor, sumsAt + r * PANEL, sumsAt + (r + 1) * PANEL);
  }
  kernels.scaleRows(z, rows, logits.panels, sums);
  if (smoothing > 0) {
    for (let r = 0; r < rows; r++) {
      const shift = (weightOf(i32[targets + r]) * smoothing) / (classes * chunk.tokens);
      f32.fill(shift, sumsAt + r * PANEL, sumsAt + (r + 1) * PANEL);
    }
    kernels.shiftRows(z, rows, classes, sums);
  }
  for (let r = 0; r < rows; r++) {
    const target = i32[targets + r];
    if (target >= 0) f32[logitAt(r, target)] -= (weightOf(target) * (1 - smoothing)) / chunk.tokens;
  }
  linearBackward(context, softmax, all.dInput, first, logits, row, rows, all.add);
}

/** Panels that one row's product takes together (see kernels/assembly/product.ts). */
const TOGETHER = 4;
/** With fewer panels one thread has them sooner than two have met. */
const SHARED_PANELS = 32;

/** Log-probabilities of a softmax's classes for some rows of its input, `stride` apart in `to`. */
export function logSoftmax(
  context: Context,
  softmax: Softmax,
  input: PanelMatrix,
  rows: number,
  to: Float32Array | undefined,
  offset: number,
  stride: number,
): void {
  const { threads } = context;
  const { logits, blockRows } = softmax;
  const count = logits.panels < SHARED_PANELS ? 1 : threads.count;
  if (threads.rank >= count) return;
  const [from, end] = shareOf(Math.ceil(logits.panels / TOGETHER), threads.rank, count);
  for (let first = 0; first < rows; first += blockRows) {
    const these = Math.min(blockRows, rows - first);
    // The first thread still reads the block before.
    if (count > 1 && first > 0) threads.barrier();
    const inputRows = shifted(input, 0, first);
    const last = Math.min(logits.panels, end * TOGETHER);
    linearForward(context, softmax, logits, 0, inputRows, 0, these, from * TOGETHER, last);
    if (count > 1) threads.barrier();
    if (to && threads.rank === 0) normalize(context, softmax, these, to, offset + first * stride, stride);
  }
}

/** Log-probabilities of the first `rows` rows of logits; these become exponentials. */
function normalize(
  { kernels, f32 }: Context,
  { logits, classes, largest, sums }: Softmax,
  rows: number,
  to: Float32Array,
  offset: number,
  stride: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let token = 0; token < classes; token += PANEL) {
      const from = f32Index(at(logits, token / PANEL, row));
      const start = offset + row * stride + token;
      const count = Math.min(PANEL, classes - token);
      for (let i = 0; i < count; i++) to[start + i] = f32[from + i];
    }
  }
  kernels.softmaxExponentials(logits, rows, logits.panels, largest, sums);
  for (let row = 0; row < rows; row++) {
    const shift = f32[f32Index(largest) + row * PANEL] + Math.log(f32[f32Index(sums) + row * PANEL]);
    const start = offset + row * stride;
    for (let i = start; i < start + classes; i++) to[i] -= shift;
  }
}
