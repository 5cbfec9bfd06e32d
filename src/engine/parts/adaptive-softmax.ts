/**
 * The adaptive softmax (Grave et al. 2017) for large vocabularies: a head, which is a softmax over the frequent tokens and one
 * class for each cluster of rarer ones, and a tail for each cluster, which is a softmax over its tokens with a narrow
 * projection before it, computed only for the positions whose target is in it. Memory besides the softmaxes': T * B *
 * (H + width) floats a tail.
 */

import { i32Index, offsetBy, type PanelMatrix, panelsOf, shifted } from '../../kernels/index.ts';
import { clusters, type ModelConfig, type ParameterSpec, uniform, zeros } from '../../model/index.ts';
import type { Chunk } from '../chunk.ts';
import type { Planner } from '../memory/index.ts';
import type { Context } from '../team/index.ts';
import type { Features, Head } from './head.ts';
import { type Linear, linearBackward, linearForward, planLinear } from './linear.ts';
import { logSoftmax, planSoftmax, type Softmax, type SoftmaxRows, softmaxLayer } from './softmax.ts';
import { shareLinearGradient } from './weight-gradient.ts';

/** Rows of a work item at most. */
const ITEM_ROWS = 96;

/** A cluster. Row r of its matrices is the r-th position with a target in it. */
interface Tail {
  /** The cluster's first token. */
  first: number;
  softmax: Softmax;
  /** (width, H) */
  projection: Linear;
  /** (T*B, panels of H): the top layer's hidden states, then their gradients. */
  hidden: PanelMatrix;
  /** (T*B, panels of width), and its gradient. */
  projected: PanelMatrix;
  dProjected: PanelMatrix | undefined;
}

/**
 * `output.head.weight` and `output.head.bias`, and for each cluster i `output.tail.i.0.weight` (width, H) and
 * `output.tail.i.1.weight` (tokens, width), as in PyTorch's `AdaptiveLogSoftmaxWithLoss`.
 */
export function adaptiveParameters(model: ModelConfig): ParameterSpec[] {
  const { cutoffs, hidden } = model;
  const classes = cutoffs[0] + cutoffs.length;
  const weight = (name: string, shape: number[], role: 'output' | 'projection'): ParameterSpec => ({
    name: `output.${name}`,
    shape,
    role,
    initial: uniform(1 / Math.sqrt(hidden)),
    tokens: 'none',
  });
  return [
    weight('head.weight', [classes, hidden], 'output'),
    { name: 'output.head.bias', shape: [classes], role: 'bias', initial: zeros, tokens: 'none' },
    ...clusters(model).flatMap(({ size, width }, i) => [
      weight(`tail.${i}.0.weight`, [width, hidden], 'projection'),
      weight(`tail.${i}.1.weight`, [size, width], 'output'),
    ]),
  ];
}

export function planAdaptiveHead(planner: Planner, features: Features): Head {
  const { arena, model, batchSize, sequenceLength, training, targets } = planner;
  const { cutoffs, hidden, vocabulary: V } = model;
  const positions = sequenceLength * batchSize;
  const head = planSoftmax(planner, planner.parameter('output.head.weight'), planner.parameter('output.head.bias'));
  const tails = clusters(model).map(({ first, width }, i): Tail => {
    const projected = () => arena.activations(positions, panelsOf(width));
    return {
      first,
      softmax: planSoftmax(planner, planner.parameter(`output.tail.${i}.1.weight`), undefined),
      projection: planLinear(planner, planner.parameter(`output.tail.${i}.0.weight`)),
      hidden: arena.activations(positions, panelsOf(hidden)),
      projected: projected(),
      dProjected: training ? projected() : undefined,
    };
  });
  const losses = arena.reserve(positions * 8);
  // Int32, (T*B) each: positions whose target is in a tail, tail after tail, and the target's place in it.
  const tailPositions = arena.reserve(positions * 4);
  const tailTargets = arena.reserve(positions * 4);
  return {
    features,
    linears: [head, ...tails.flatMap(({ softmax, projection }) => [softmax, projection])],
    losses,
    // The classes of the head are not all tokens.
    right: undefined,
    sortTargets(i32, rows) {
      const all = i32.subarray(i32Index(targets), i32Index(targets) + rows);
      const tailOf = (target: number): number => tails.findLastIndex(({ first }) => target >= first);
      const counts = tails.map(() => 0);
      for (const target of all) if (tailOf(target) >= 0) counts[tailOf(target)]++;
      const next = counts.map((_, i) => counts.slice(0, i).reduce((sum, count) => sum + count, 0));
      for (let position = 0; position < rows; position++) {
        const tail = tailOf(all[position]);
        if (tail < 0) continue;
        const place = next[tail]++;
        i32[i32Index(tailPositions) + place] = position;
        i32[i32Index(tailTargets) + place] = all[position] - tails[tail].first;
        all[position] = head.classes - tails.length + tail;
      }
      return counts;
    },
    run(context, chunk, from = features) {
      const common = { losses, right: undefined, guesses: undefined, add: false };
      softmaxLayer(context, chunk, head, {
        ...common,
        rows: chunk.outputRows,
        input: from.matrix,
        dInput: chunk.training ? from.gradient : undefined,
        targets,
        positions: undefined,
      });
      let first = 0;
      tails.forEach((tail, i) => {
        tailLayer(context, chunk, from, tail, {
          ...common,
          rows: chunk.tailRows[i],
          input: tail.projected,
          dInput: tail.dProjected,
          targets: offsetBy(tailTargets, first * 4),
          positions: offsetBy(tailPositions, first * 4),
        });
        first += chunk.tailRows[i];
      });
    },
    logProbabilities(context, input, rows, to, offset) {
      const { classes } = head;
      const ofHead = new Float32Array(rows * classes);
      logSoftmax(context, head, input, rows, ofHead, 0, classes);
      for (let row = 0; to && row < rows; row++) {
        to.set(ofHead.subarray(row * classes, row * classes + cutoffs[0]), offset + row * V);
      }
      tails.forEach(({ first, softmax, projected, projection }, i) => {
        if (context.threads.rank === 0) linearForward(context, projection, projected, 0, input, 0, rows);
        context.threads.barrier();
        logSoftmax(context, softmax, projected, rows, to, offset + first, V);
        for (let row = 0; to && row < rows; row++) {
          const cluster = ofHead[row * classes + cutoffs[0] + i];
          const start = offset + row * V + first;
          for (let token = start; token < start + softmax.classes; token++) to[token] += cluster;
        }
      });
    },
  };
}

/** A tail over its positions: gathers their states, and adds their gradients to those of the head. */
function tailLayer(
  context: Context,
  chunk: Chunk,
  { matrix, gradient }: Features,
  { hidden, projected, dProjected, softmax, projection }: Tail,
  all: SoftmaxRows & { positions: NonNullable<SoftmaxRows['positions']> },
): void {
  const { kernels, threads } = context;
  const items = Math.ceil(all.rows / ITEM_ROWS);
  const item = (index: number) => {
    const row = index * ITEM_ROWS;
    return { row, count: Math.min(ITEM_ROWS, all.rows - row), positions: offsetBy(all.positions, row * 4) };
  };
  threads.share(items, (index) => {
    const { row, count, positions } = item(index);
    kernels.gatherRows(shifted(hidden, 0, row), matrix, positions, count, hidden.panels);
    linearForward(context, projection, projected, row, hidden, row, count);
  });
  threads.barrier();
  softmaxLayer(context, chunk, softmax, all);
  if (!chunk.training || !dProjected || !gradient) return;
  shareLinearGradient(context, projection, dProjected, hidden, all.rows);
  threads.barrier();
  threads.share(items, (index) => {
    const { row, count, positions } = item(index);
    linearBackward(context, projection, hidden, row, dProjected, row, count);
    kernels.scatterRows(gradient, shifted(hidden, 0, row), positions, count, hidden.panels);
  });
  context.lap('softmax');
}
