/**
 * A linear-chain conditional random field (Lafferty, McCallum and Pereira 2001; over a bidirectional LSTM: Huang, Xu and Yu
 * 2015): the tags of a sequence are told together. Besides its logit at each position, a tag has a score for following the
 * tag before it, and for standing first or last. The loss is the negative log-likelihood of all tags of a sequence. In
 * training every sequence of tags is possible, so that no example has an infinite loss; in predictions some transitions may
 * be impossible.
 *
 * A sequence is computed by one thread; the threads share the sequences, and counts of transitions are summed by groups of
 * sequences whose number depends on the batch size and the tags alone.
 *
 * Memory besides the softmax's weights and logits: T * B * K floats for K tags, K^2 doubles a group, (T + 5) * K a thread.
 */

import {
  type Address,
  at,
  f32Index,
  f64Index,
  i32Index,
  NOWHERE,
  offsetBy,
  PANEL,
  type PanelMatrix,
  panelsOf,
  shifted,
} from '../../kernels/index.ts';
import { type ParameterSpec, zeros } from '../../model/index.ts';
import type { Chunk } from '../chunk.ts';
import type { Parameter, Planner, Sequence } from '../memory/index.ts';
import type { Context } from '../team/index.ts';
import { type Features, featuresOf, type Head, type Prediction } from './head.ts';
import { clearPanels, linearBackward, linearForward } from './linear.ts';
import { logSoftmax, type Softmax } from './softmax.ts';
import { shareLinearGradient } from './weight-gradient.ts';

/** Rows of a work item at most. */
const ITEM_ROWS = 96;
/** Bytes that counts of transitions may take, if that is more than one group's. */
const COUNTS_BYTES = 16 << 20;

/** `crf.start_transitions` and `crf.end_transitions` (K), `crf.transitions` (K, K) by row the tag before; named as in pytorch-crf. */
export function crfParameters(classes: number): ParameterSpec[] {
  const transition = (name: string, shape: number[]): ParameterSpec => ({
    name: `crf.${name}`,
    shape,
    role: 'transition',
    initial: zeros,
    tokens: 'none',
  });
  return [
    transition('start_transitions', [classes]),
    transition('end_transitions', [classes]),
    transition('transitions', [classes, classes]),
  ];
}

interface Table {
  at: Address;
  /** Int32 (K + 1, K + 1): see `EngineOptions`; NOWHERE if all is possible. */
  impossible: Address;
}

interface Crf {
  softmax: Softmax;
  start: Parameter;
  end: Parameter;
  transitions: Parameter;
  /** (T*B, panels of K): logits, then their gradients. */
  emissions: PanelMatrix;
  /** Tables of the scores (see kernels/assembly/crf.ts): of all transitions, and of the possible ones, if these are not all. */
  all: Table;
  possible: Table;
  /** For each thread, `scratchBytes` and Int32 (T). */
  scratch: Address;
  scratchBytes: number;
  tags: Address;
  tagsBytes: number;
  /** Float64 (groups, K + K + K^2): expected less observed starts, ends and transitions. */
  counts: Address;
  groups: number;
  targets: Address;
  /** Int32 (B): tokens of each row's sequence. */
  lengths: Address;
  losses: Address;
  right: Address;
  guesses: Address;
}

/** A chain over the logits of a softmax. In predictions, transitions are impossible that the planner says are. */
export function planCrfHead(planner: Planner, softmax: Softmax, features: Features, { lengths }: Sequence): Head {
  const { arena, batchSize, sequenceLength, threads, training, targets, impossible } = planner;
  const { classes: K } = softmax;
  const positions = sequenceLength * batchSize;
  const table = (bytes: number): Table => ({
    at: arena.reserve((1 + 2 * K + 2 * K * K) * 8),
    impossible: bytes > 0 ? arena.reserve(bytes) : NOWHERE,
  });
  const groups = Math.min(batchSize, Math.max(1, Math.floor(COUNTS_BYTES / countBytes(K))));
  const all = table(0);
  const scratchBytes = (sequenceLength + 5) * K * 8;
  const tagsBytes = sequenceLength * 4;
  const crf: Crf = {
    softmax,
    start: planner.parameter('crf.start_transitions'),
    end: planner.parameter('crf.end_transitions'),
    transitions: planner.parameter('crf.transitions'),
    emissions: arena.activations(positions, panelsOf(K)),
    all,
    possible: impossible ? table(impossible.length * 4) : all,
    scratch: arena.reserve(threads * scratchBytes),
    scratchBytes,
    tags: arena.reserve(threads * tagsBytes),
    tagsBytes,
    counts: training ? arena.reserve(groups * countBytes(K)) : NOWHERE,
    groups,
    targets,
    lengths,
    losses: arena.reserve(positions * 8),
    right: arena.reserve(positions * 4),
    guesses: arena.reserve(positions * 4),
  };
  return {
    features,
    linears: [softmax],
    losses: crf.losses,
    right: crf.right,
    guesses: crf.guesses,
    ...(impossible && { prepare: (i32) => i32.set(impossible, i32Index(crf.possible.impossible)) }),
    run: (context, chunk, from = features) => runChains(context, chunk, crf, from),
    logProbabilities: (context, input, rows, to, offset) => logSoftmax(context, softmax, input, rows, to, offset, K),
    predict(context, alone) {
      for (const table of tablesOf(crf)) fillTable(context, crf, table);
      return alone.map((scores) => predictChain(context, crf, scores));
    },
  };
}

function countBytes(tags: number): number {
  return (2 * tags + tags * tags) * 8;
}

function runChains(context: Context, chunk: Chunk, crf: Crf, from: Features): void {
  const { threads, lap } = context;
  const { softmax, emissions } = crf;
  const input = featuresOf(from, chunk);
  const items = Math.ceil(chunk.outputRows / ITEM_ROWS);
  const shareRows = (work: (row: number, rows: number) => void): void => {
    threads.share(items, (item) => {
      const row = item * ITEM_ROWS;
      work(row, Math.min(ITEM_ROWS, chunk.outputRows - row));
    });
  };
  shareRows((row, rows) => linearForward(context, softmax, emissions, row, input, row, rows));
  const tables = tablesOf(crf);
  threads.share(tables.length, (item) => fillTable(context, crf, tables[item]));
  threads.barrier();
  threads.share(crf.groups, (group) => {
    if (chunk.training) {
      const counts = f64Index(countsOf(crf, group));
      context.f64.fill(0, counts, counts + countBytes(softmax.classes) / 8);
    }
    for (let row = group; row < context.batchSize; row += crf.groups) runChain(context, chunk, crf, group, row);
  });
  lap('softmax');
  threads.barrier();
  lap('barrier');
  if (!chunk.training) return;
  shareLinearGradient(context, softmax, emissions, input, chunk.outputRows);
  lap('weight gradients');
  shareRows((row, rows) => linearBackward(context, softmax, from.gradient!, row, emissions, row, rows));
  shareTransitionGradients(context, chunk, crf);
}

function tablesOf({ all, possible }: Crf): Table[] {
  return possible === all ? [all] : [all, possible];
}

function fillTable({ kernels }: Context, { start, end, transitions, softmax }: Crf, { at, impossible }: Table): void {
  kernels.crfChain(at, start.value, end.value, transitions.value, impossible, softmax.classes);
}

function countsOf({ counts, softmax }: Crf, group: number): Address {
  return offsetBy(counts, group * countBytes(softmax.classes));
}

/** A row's sequence: its loss and, in training, gradients. In training it ends before its first position without a target. */
function runChain(
  context: Context,
  { outputRows, tokens, training }: Chunk,
  crf: Crf,
  group: number,
  row: number,
): void {
  const { kernels, f32, i32, f64, batchSize: B, threads } = context;
  const { softmax, all, possible } = crf;
  const K = softmax.classes;
  const steps = outputRows / B;
  const emissions = shifted(crf.emissions, 0, row);
  const targets = offsetBy(crf.targets, row * 4);
  const scratch = offsetBy(crf.scratch, threads.rank * crf.scratchBytes);
  const tags = offsetBy(crf.tags, threads.rank * crf.tagsBytes);
  const losses = f64Index(crf.losses) + row;
  const right = i32Index(crf.right) + row;
  const target = (t: number): number => i32[i32Index(targets) + t * B];
  let length = Math.min(steps, i32[i32Index(crf.lengths) + row]);
  for (let t = 0; training && t < length; t++) if (target(t) < 0) length = t;

  for (let t = 0; t < steps; t++) {
    f64[losses + t * B] = 0;
    i32[right + t * B] = 0;
    if (training && t >= length) clearPanels(context, emissions, t * B, 1);
  }
  if (length === 0) return;
  if (!training) {
    kernels.crfViterbi(emissions, B, length, K, possible.at, scratch, tags);
    for (let t = 0; t < length; t++) {
      const guess = i32[i32Index(tags) + t];
      i32[i32Index(crf.guesses) + row + t * B] = guess;
      i32[right + t * B] = guess === target(t) ? 1 : 0;
    }
  }
  const partition = kernels.crfForward(emissions, B, length, K, all.at, scratch);
  const known = Array.from({ length }, (_, t) => target(t)).every((tag) => tag >= 0);
  if (!known) {
    kernels.crfBackward(emissions, B, length, K, all.at, scratch, partition, NOWHERE, 1, NOWHERE);
    for (let t = 0; t < length; t++) {
      if (target(t) >= 0) f64[losses + t * B] = -Math.log(f32[elementAt(emissions, t * B, target(t))]);
    }
    return;
  }
  f64[losses] = partition - kernels.crfScore(emissions, B, length, K, all.at, targets);
  if (!training) return;
  const counts = countsOf(crf, group);
  kernels.crfBackward(emissions, B, length, K, all.at, scratch, partition, targets, 1 / tokens, counts);
}

function shareTransitionGradients({ kernels, threads }: Context, { tokens }: Chunk, crf: Crf): void {
  const { start, end, transitions, counts, groups, softmax } = crf;
  const K = softmax.classes;
  const parts = [
    { parameter: start, first: 0, count: K },
    { parameter: end, first: K, count: K },
    { parameter: transitions, first: 2 * K, count: K * K },
  ];
  threads.share(parts.length, (item) => {
    const { parameter, first, count } = parts[item];
    kernels.crfGradient(parameter.gradient, offsetBy(counts, first * 8), groups, countBytes(K) / 8, count, 1 / tokens);
  });
}

/** The index of an element of a panel matrix. */
function elementAt(matrix: PanelMatrix, row: number, column: number): number {
  return f32Index(at(matrix, Math.floor(column / PANEL), row)) + (column % PANEL);
}

/** What the chain makes of a sequence's log-probabilities position by position, which are as good as its logits. */
function predictChain(context: Context, crf: Crf, scores: Float32Array): Prediction {
  const { kernels, f32, i32 } = context;
  const { emissions, scratch, tags, all, possible, softmax } = crf;
  const K = softmax.classes;
  const length = scores.length / K;
  const emissionAt = (i: number): number => elementAt(emissions, Math.floor(i / K), i % K);
  const write = (): void => {
    scores.forEach((score, i) => {
      f32[emissionAt(i)] = score;
    });
  };

  write();
  kernels.crfViterbi(emissions, 1, length, K, possible.at, scratch, tags);
  const likeliest = i32.slice(i32Index(tags), i32Index(tags) + length);
  const partition = kernels.crfForward(emissions, 1, length, K, possible.at, scratch);
  kernels.crfBackward(emissions, 1, length, K, possible.at, scratch, partition, NOWHERE, 1, NOWHERE);
  return {
    logProbabilities: scores.map((_, i) => Math.log(f32[emissionAt(i)])),
    likeliest,
    losses(targets) {
      write();
      const partition = kernels.crfForward(emissions, 1, length, K, all.at, scratch);
      const losses = new Float64Array(length);
      const ids = Array.from(targets);
      if (ids.every((id) => id >= 0)) {
        i32.set(ids, i32Index(tags));
        losses[0] = partition - kernels.crfScore(emissions, 1, length, K, all.at, tags);
        return losses;
      }
      kernels.crfBackward(emissions, 1, length, K, all.at, scratch, partition, NOWHERE, 1, NOWHERE);
      return losses.map((_, t) => (ids[t] < 0 ? 0 : -Math.log(f32[emissionAt(t * K + ids[t])])));
    },
  };
}
