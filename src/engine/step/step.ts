/**
 * A training step or an evaluation of one chunk, as each thread runs it. Training has two halves, gradients and update, with the
 * flat gradient between them. Barriers lie between phases in which one thread reads what another has written.
 */

import { address, f32Index, i32Index, offsetBy } from '../../kernels/index.ts';
import type { Chunk } from '../chunk.ts';
import {
  applyDropout,
  clearEmbeddingGradient,
  type Features,
  type Head,
  scatterInput,
  sumLosses,
  tableGradients,
} from '../parts/index.ts';
import type { Plan } from '../plan.ts';
import { type Context, ownShare, synchronize } from '../team/index.ts';
import { packWeights } from './pack.ts';
import { carryState, clearState } from './state.ts';
import { gradientNorm, updateParameters } from './update.ts';

export interface StepOutcome {
  /** Summed cross-entropy of the positions with a target, and that by the past alone (`fill`). */
  lossSum: number;
  pastLossSum: number;
  /** Positions whose target was the likeliest; 0 with an adaptive softmax. */
  right: number;
  gradientNorm: number;
  applied: boolean;
}

export function runStep(context: Context, plan: Plan, chunk: Chunk): StepOutcome {
  context.lap('between steps');
  const losses = computeGradients(context, plan, chunk);
  const finite = Number.isFinite(losses.lossSum + losses.pastLossSum);
  const { gradientNorm, applied } = chunk.training
    ? applyGradients(context, plan, chunk, finite)
    : { gradientNorm: 0, applied: finite };
  if (applied) carryState(context, plan, chunk);
  else if (context.threads.rank === 0) clearActivations(context, plan);
  synchronize(context, 'optimizer');
  return { ...losses, gradientNorm, applied };
}

/** The first half: from the tokens to the losses and, in training, to the flat gradient. */
function computeGradients(
  context: Context,
  plan: Plan,
  chunk: Chunk,
): Pick<StepOutcome, 'lossSum' | 'pastLossSum' | 'right'> {
  const { network } = plan;
  const [head, byPast] = network.heads;
  if (chunk.fresh) clearState(context, plan);
  packWeights(context, plan, chunk.training);
  network.forward(context, chunk);
  if (chunk.training) dropFeatures(context, chunk, head.features);
  for (const one of network.heads) {
    one.run(context, chunk);
    synchronize(context, 'softmax');
  }
  const lossSum = sumLosses(context, chunk, head);
  const pastLossSum = byPast ? sumLosses(context, chunk, byPast) : 0;
  const right = sumRight(context, chunk, head);
  if (chunk.training) {
    dropFeatureGradients(context, chunk, head.features);
    network.backward(context, chunk);
    inputGradients(context, plan, chunk);
    synchronize(context, 'weight gradients');
  }
  return { lossSum, pastLossSum, right };
}

/** The second half: from the flat gradient to new parameters, unless something is not finite. */
function applyGradients(
  context: Context,
  plan: Plan,
  chunk: Chunk,
  finite: boolean,
): Pick<StepOutcome, 'gradientNorm' | 'applied'> {
  const norm = gradientNorm(context, plan, chunk);
  const applied = finite && Number.isFinite(norm);
  if (applied) updateParameters(context, plan, chunk, norm);
  context.lap('optimizer');
  return { gradientNorm: norm, applied };
}

function dropFeatures(context: Context, chunk: Chunk, { matrix, dropped }: Features): void {
  if (!dropped) return;
  const [first, last] = ownShare(context, chunk.outputRows);
  applyDropout(context, chunk, dropped.dropout, dropped.matrix, matrix, first, last - first);
  context.threads.barrier();
}

function dropFeatureGradients(context: Context, chunk: Chunk, { gradient, dropped }: Features): void {
  if (!dropped) return;
  const [first, last] = ownShare(context, chunk.outputRows);
  applyDropout(context, chunk, dropped.dropout, gradient!, gradient!, first, last - first);
  context.threads.barrier();
}

/** Gradients by token, after the stacks' backward passes: the embeddings', or those of the weights behind tables. */
function inputGradients(context: Context, plan: Plan, chunk: Chunk): void {
  const { threads, lap } = context;
  const { stacks } = plan.network;
  clearEmbeddings(context, plan, chunk);
  threads.barrier();
  for (const { tokens, levels } of stacks) {
    scatterInput(context, chunk, tokens, levels[0].layers);
    threads.barrier();
  }
  lap('weight gradients');
  for (const { tokens, levels } of stacks) {
    for (const layer of levels[0].layers) {
      if (!layer.dTable) continue;
      tableGradients(context, tokens, layer);
      threads.barrier();
    }
  }
}

/** Embeddings' gradients are sums over tokens and stacks; a tied one's begins with the output layer's share. */
function clearEmbeddings(context: Context, { network, sparse }: Plan, chunk: Chunk): void {
  const { kernels, threads, i32 } = context;
  sparse.forEach(({ embedding, stale }, i) => {
    const width = embedding.shape[1];
    threads.share(chunk.staleRows[i], (item) => {
      kernels.clear(offsetBy(embedding.gradient, i32[i32Index(stale) + item] * width * 4), width);
    });
  });
  const tied = new Set(network.heads.flatMap((head) => head.linears.map(({ weight }) => weight)));
  const dense = new Set(network.stacks.map(({ tokens }) => tokens.embedding));
  for (const { embedding } of sparse) dense.delete(embedding);
  for (const embedding of dense) {
    if (embedding && !tied.has(embedding)) clearEmbeddingGradient(context, embedding);
  }
}

function sumRight({ i32 }: Context, { outputRows }: Chunk, { right }: Head): number {
  if (right === undefined) return 0;
  const first = i32Index(right);
  let sum = 0;
  for (let i = first; i < first + outputRows; i++) sum += i32[i];
  return sum;
}

/**
 * After a step that was not finite: what is left in rows that a later chunk does not reach must not be NaN, for 0 * NaN
 * is NaN.
 */
function clearActivations({ f32 }: Context, { activations }: Plan): void {
  for (const [first, last] of activations) f32.fill(0, f32Index(address(first)), f32Index(address(last)));
}
