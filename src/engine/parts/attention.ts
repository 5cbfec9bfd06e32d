/**
 * Global attention of a decoder on an encoder (Luong, Pham and Manning 2015, sections 3 and 3.1), after the recurrence
 * and without feeding it back, so that all time steps are computed together: for each state h and the source's states s
 *
 *     a = softmax(h's) or softmax(h'Ws),  context = sum of a * s,  attended = tanh(W_c [context; h])
 *
 * A work item is some targets whole, from their states to what the output layer reads, and back: the linear maps on all
 * their time steps at once, scores and contexts by target. What lies past a sequence's end is left out.
 */

import {
  type Address,
  at,
  i32Index,
  NOWHERE,
  offsetBy,
  PANEL,
  type PanelMatrix,
  panelsOf,
  shifted,
} from '../../kernels/index.ts';
import { type ModelConfig, type ParameterSpec, uniform } from '../../model/index.ts';
import { columnPanels, type Planner, paddedRows } from '../memory/index.ts';
import type { Context } from '../team/index.ts';
import { addProduct, clearPanels, type Linear, linearBackward, linearForward, planLinear } from './linear.ts';
import type { Stack } from './stack.ts';
import { shareLinearGradient } from './weight-gradient.ts';

/**
 * Attention of a decoder's top states (H) on the encoder's top outputs (W). Matrices of N = T*B rows have the time steps of a
 * target one after the other, and one target's after another's, without padding. Memory, in floats: N * (S + 2 W + 4 H), with
 * gradients N * (W + 3 H) more.
 */
export interface Attention {
  encoder: Stack;
  decoder: Stack;
  /** Int32, (B): the source row of each target. */
  sourceRows: Address;
  /** (W, H), for the general score. */
  score: Linear | undefined;
  /** (N, panels of W): what the encoder's outputs are compared with, for the general score; then its gradient. */
  query: PanelMatrix | undefined;
  /** (N, panels of S, the source length). */
  probabilities: PanelMatrix;
  /** (N, panels of W and of H): contexts and states side by side. */
  joined: PanelMatrix;
  dJoined: PanelMatrix | undefined;
  /** (H, W + H), without a bias. */
  combine: Linear;
  /** (N, panels of H): tanh of the combination. */
  combined: PanelMatrix;
  dCombined: PanelMatrix | undefined;
  /** (T*B, panels of H): the same by position, as the output layer reads it. */
  attended: PanelMatrix;
  dAttended: PanelMatrix | undefined;
  /** Int32, (N): the position of each row. */
  targetPositions: Address;
  /** Int32, (B, S): the positions of a source's time steps. */
  sourcePositions: Address;
  /** Scratch of each worker. */
  scratch: AttentionScratch[];
}

/** One source by itself, in whole panels of time steps. */
export interface AttentionScratch {
  /** (S, panels of W) and its transpose (W, panels of S). */
  source: PanelMatrix;
  sourceTransposed: PanelMatrix;
  dSource: PanelMatrix;
  /** (T, panels of S) */
  dScores: PanelMatrix;
}

/** `attention.weight` (W, H) for the general score, and `attention_output.weight` (H, W + H), which takes the context first. */
export function attentionParameters({ hidden, attention }: ModelConfig, width: number): ParameterSpec[] {
  const weight = (name: string, shape: number[]): ParameterSpec => ({
    name,
    shape,
    role: 'projection',
    initial: uniform(1 / Math.sqrt(hidden)),
    tokens: 'none',
  });
  if (attention === 'none') return [];
  const combine = weight('attention_output.weight', [hidden, width + hidden]);
  return attention === 'general' ? [weight('attention.weight', [width, hidden]), combine] : [combine];
}

export function planAttention(
  planner: Planner,
  ends: Pick<Attention, 'encoder' | 'decoder' | 'sourceRows'>,
): Attention {
  const { arena, model, batchSize: B, sequenceLength: T, sourceLength: S, threads, training } = planner;
  const { columns } = ends.encoder.top;
  const panels = panelsOf(model.hidden);
  const wide = columnPanels(columns);
  const sourcePanels = panelsOf(S);
  const whole = (count: number): PanelMatrix => arena.activations(T * B, count);
  const back = (count: number): PanelMatrix | undefined => (training ? whole(count) : undefined);
  const general = model.attention === 'general';
  return {
    ...ends,
    score: general ? planLinear(planner, planner.parameter('attention.weight'), { outputs: columns }) : undefined,
    query: general ? whole(wide) : undefined,
    probabilities: whole(sourcePanels),
    joined: whole(wide + panels),
    combine: planLinear(planner, planner.parameter('attention_output.weight'), {
      columns: { blocks: columns.blocks + 1, size: model.hidden },
    }),
    combined: whole(panels),
    attended: whole(panels),
    dJoined: back(wide + panels),
    dCombined: back(panels),
    dAttended: back(panels),
    targetPositions: arena.reserve(T * B * 4),
    sourcePositions: arena.reserve(B * S * 4),
    scratch: Array.from({ length: threads }, () => ({
      source: arena.activations(paddedRows(S), wide),
      sourceTransposed: arena.weights(wide * PANEL, sourcePanels),
      dSource: arena.activations(paddedRows(S), wide),
      dScores: arena.activations(T, sourcePanels),
    })),
  };
}

/** Time steps of a work item, if its last target doesn't have more of them. */
const ITEM_STEPS = 96;

/** A row of the batch: its `steps` time steps are rows `first` and following of the attention's matrices. */
interface Target {
  row: number;
  first: number;
  steps: number;
}

/** Targets of a work item, and all their rows. */
interface Item {
  targets: Target[];
  first: number;
  rows: number;
}

function itemsOf({ i32, batchSize }: Context, { decoder }: Attention): Item[] {
  const items: Item[] = [];
  let first = 0;
  const lengths = i32Index(decoder.tokens.sequence.lengths);
  for (let row = 0; row < batchSize; row++) {
    const steps = i32[lengths + row];
    let item = items.at(-1);
    if (!item || item.rows + steps > ITEM_STEPS) {
      item = { targets: [], first, rows: 0 };
      items.push(item);
    }
    item.targets.push({ row, first, steps });
    item.rows += steps;
    first += steps;
  }
  return items;
}

export function attentionForward(context: Context, attention: Attention): void {
  const { kernels, threads } = context;
  const { score, query, joined, combine, combined, attended, targetPositions } = attention;
  const { output } = attention.decoder.top;
  const states = statesOf(attention, joined);
  const items = itemsOf(context, attention);
  threads.share(items.length, (i) => {
    const { targets, first, rows } = items[i];
    const positions = offsetBy(targetPositions, first * 4);
    listTargets(context, attention, targets);
    kernels.gatherRows(shifted(states, 0, first), output, positions, rows, states.panels);
    if (score) linearForward(context, score, query!, first, states, first, rows);
    for (const target of targets) attend(context, attention, target);
    linearForward(context, combine, combined, first, joined, first, rows);
    for (let panel = 0; panel < combined.panels; panel++) {
      kernels.rnnForward(at(combined, panel, first), at(combined, panel, first), rows);
    }
    kernels.placeRows(attended, shifted(combined, 0, first), positions, rows, combined.panels);
  });
  threads.barrier();
  context.lap('attention');
}

/** From the gradient of `attended` to those of the decoder's and the encoder's top outputs, and of the weights. */
export function attentionBackward(context: Context, attention: Attention): void {
  const { kernels, threads } = context;
  const { score, query, joined, combine, combined, targetPositions } = attention;
  const dAttended = attention.dAttended!;
  const dCombined = attention.dCombined!;
  const dJoined = attention.dJoined!;
  const dStates = statesOf(attention, dJoined);
  const { dOutput } = attention.decoder.top;
  const items = itemsOf(context, attention);
  threads.share(items.length, (i) => {
    const { targets, first, rows } = items[i];
    const positions = offsetBy(targetPositions, first * 4);
    kernels.gatherRows(shifted(dCombined, 0, first), dAttended, positions, rows, dCombined.panels);
    for (let panel = 0; panel < combined.panels; panel++) {
      const d = at(dCombined, panel, first);
      kernels.rnnBackward(d, at(combined, panel, first), d, rows);
    }
    linearBackward(context, combine, dJoined, first, dCombined, first, rows);
    for (const target of targets) attendBackward(context, attention, target);
    if (score) linearBackward(context, score, dStates, first, query!, first, rows, true);
    kernels.placeRows(dOutput!, shifted(dStates, 0, first), positions, rows, dStates.panels);
  });
  threads.barrier();
  const { first, rows } = items[items.length - 1];
  shareLinearGradient(context, combine, dCombined, joined, first + rows);
  if (score) shareLinearGradient(context, score, query!, statesOf(attention, joined), first + rows);
  context.lap('attention');
}

/** The decoder's part of `joined`, or of its gradient. */
function statesOf({ combined }: Attention, joined: PanelMatrix): PanelMatrix {
  return shifted(joined, joined.panels - combined.panels, 0);
}

function listTargets({ i32, batchSize: B }: Context, { targetPositions }: Attention, targets: readonly Target[]): void {
  for (const { row, first, steps } of targets) {
    for (let t = 0; t < steps; t++) i32[i32Index(targetPositions) + first + t] = t * B + row;
  }
}

/** Gathers a target's source into the scratch. */
function gatherSource(
  context: Context,
  { sourcePositions, sourceRows, encoder }: Attention,
  { source, sourceTransposed }: AttentionScratch,
  row: number,
): { length: number; positions: Address } {
  const { i32, kernels } = context;
  const { sequence } = encoder.tokens;
  const sourceRow = i32[i32Index(sourceRows) + row];
  const length = i32[i32Index(sequence.lengths) + sourceRow];
  const positions = offsetBy(sourcePositions, sourceRow * sequence.steps * 4);
  kernels.gatherRows(source, encoder.top.output, positions, length, source.panels);
  prepareSource(context, source, sourceTransposed, length);
  return { length, positions };
}

/** With a source's states in `source`: pads them to whole panels of time steps with 0, and transposes them. */
export function prepareSource(context: Context, source: PanelMatrix, transposed: PanelMatrix, length: number): void {
  const padded = paddedRows(length);
  clearPanels(context, source, length, padded - length);
  for (let panel = 0; panel < source.panels; panel++) {
    const to = shifted(transposed, 0, panel * PANEL);
    context.kernels.packTransposed(to, at(source, panel, 0), PANEL, padded, PANEL);
  }
}

/** Weights of `steps` queries over a source of `length` states in the scratch, and the contexts that they give. */
export function weigh(
  context: Context,
  { source, sourceTransposed }: AttentionScratch,
  queries: PanelMatrix,
  probabilities: PanelMatrix,
  contexts: PanelMatrix,
  steps: number,
  length: number,
): void {
  const panels = panelsOf(length);
  clearPanels(context, probabilities, 0, steps, panels);
  addProduct(context, probabilities, queries, { ...sourceTransposed, panels }, steps, source.panels);
  context.kernels.softmaxRows(probabilities, steps, length);
  clearPanels(context, contexts, 0, steps, source.panels);
  addProduct(context, contexts, probabilities, source, steps, panels);
}

function attend(context: Context, attention: Attention, { row, first, steps }: Target): void {
  const { query, joined, probabilities } = attention;
  const scratch = attention.scratch[context.threads.rank];
  const { length } = gatherSource(context, attention, scratch, row);
  const queries = shifted(query ?? statesOf(attention, joined), 0, first);
  weigh(context, scratch, queries, shifted(probabilities, 0, first), shifted(joined, 0, first), steps, length);
}

function attendBackward(context: Context, attention: Attention, { row, first, steps }: Target): void {
  const { kernels, threads } = context;
  const { query, joined } = attention;
  const scratch = attention.scratch[threads.rank];
  const { source, sourceTransposed, dSource, dScores } = scratch;
  const { length, positions } = gatherSource(context, attention, scratch, row);
  const panels = panelsOf(length);
  const probabilities = shifted(attention.probabilities, 0, first);
  const queries = shifted(query ?? statesOf(attention, joined), 0, first);
  const dContexts = shifted(attention.dJoined!, 0, first);

  // context = a S: da = dContext S', dS = a' dContext.
  clearPanels(context, dScores, 0, steps, panels);
  addProduct(context, dScores, dContexts, { ...sourceTransposed, panels }, steps, source.panels);
  clearPanels(context, dSource, 0, panels * PANEL);
  const addToSource = (a: PanelMatrix, b: PanelMatrix): void => {
    kernels.productColumns(dSource, a, b, steps, panels, source.panels, NOWHERE);
  };
  addToSource(probabilities, dContexts);

  // scores = Q S': dQ = dScores S, dS += dScores' Q.
  kernels.softmaxBackward(probabilities, dScores, steps, panels);
  addToSource(dScores, queries);
  if (query) clearPanels(context, queries, 0, steps);
  const dQueries = query ? queries : shifted(statesOf(attention, attention.dJoined!), 0, first);
  addProduct(context, dQueries, dScores, source, steps, panels);
  kernels.placeRows(attention.encoder.top.dOutput!, dSource, positions, length, source.panels);
}

/** Fills the list of the sources' positions, once. */
export function listSourcePositions(i32: Int32Array, { sourcePositions, encoder }: Attention, batchSize: number): void {
  const { steps } = encoder.tokens.sequence;
  for (let row = 0; row < batchSize; row++) {
    for (let t = 0; t < steps; t++) i32[i32Index(sourcePositions) + row * steps + t] = t * batchSize + row;
  }
}
