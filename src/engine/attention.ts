/**
 * Global attention of a decoder on an encoder (Luong, Pham and Manning 2015, sections 3 and 3.1), after the recurrence
 * and without feeding it back, so that all time steps are computed together: for each state h and the source's states s
 *
 *     a = softmax(h's) or softmax(h'Ws),  context = sum of a * s,  attended = tanh(W_c [context; h])
 *
 * A work item is some targets whole, from their states to what the output layer reads, and back: the linear maps on all
 * their time steps at once, scores and contexts by target. What lies past a sequence's end is left out.
 */

import type { Address } from '../kernels/index.ts';
import type { Context } from './context.ts';
import { shareLinearGradient } from './gradients.ts';
import type { AttentionLayout, AttentionScratch } from './head-layout.ts';
import type { Layout } from './layout.ts';
import { addProduct, clearPanels, linearBackward, linearForward } from './linear.ts';
import { at, PANEL, type PanelMatrix, panelsOf, shifted } from './panels.ts';
import type { LevelLayout } from './stack-layout.ts';

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

function itemsOf({ i32, layout }: Context): Item[] {
  const items: Item[] = [];
  let first = 0;
  for (let row = 0; row < layout.options.batchSize; row++) {
    const steps = i32[layout.sequences[0].lengths / 4 + row];
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

export function attentionForward(context: Context, attention: AttentionLayout): void {
  const { kernels, layout, threads } = context;
  const { score, query, joined, combine, combined, attended, targetPositions } = attention;
  const { output } = topLevel(layout, 1);
  const states = statesOf(attention, joined);
  const items = itemsOf(context);
  threads.share(items.length, (i) => {
    const { targets, first, rows } = items[i];
    const positions = targetPositions + first * 4;
    listTargets(context, attention, targets);
    kernels.gatherRows(
      { base: at(states, 0, first), step: states.step },
      output,
      positions as Address,
      rows,
      states.panels,
    );
    if (score) linearForward(context, score, query!, first, states, first, rows);
    for (const target of targets) attend(context, attention, target);
    linearForward(context, combine, combined, first, joined, first, rows);
    for (let u = 0; u < combined.panels; u++) {
      kernels.rnnForward(at(combined, u, first), at(combined, u, first), rows);
    }
    const from = at(combined, 0, first);
    kernels.placeRows(attended, { base: from, step: combined.step }, positions as Address, rows, combined.panels);
  });
  threads.barrier();
  context.lap('attention');
}

/** From the gradient of `attended` to those of the decoder's and the encoder's top outputs, and of the weights. */
export function attentionBackward(context: Context, attention: AttentionLayout): void {
  const { kernels, layout, threads } = context;
  const { score, query, joined, combine, combined, targetPositions } = attention;
  const dAttended = attention.dAttended!;
  const dCombined = attention.dCombined!;
  const dJoined = attention.dJoined!;
  const dStates = statesOf(attention, dJoined);
  const { dOutput } = topLevel(layout, 1);
  const items = itemsOf(context);
  threads.share(items.length, (i) => {
    const { targets, first, rows } = items[i];
    const positions = targetPositions + first * 4;
    const to = at(dCombined, 0, first);
    kernels.gatherRows({ base: to, step: dCombined.step }, dAttended, positions as Address, rows, dCombined.panels);
    for (let u = 0; u < combined.panels; u++) {
      const d = at(dCombined, u, first);
      kernels.rnnBackward(d, at(combined, u, first), d, rows);
    }
    linearBackward(context, combine, dJoined, first, dCombined, first, rows);
    for (const target of targets) attendBackward(context, attention, target);
    if (score) linearBackward(context, score, dStates, first, query!, first, rows, true);
    const from = at(dStates, 0, first);
    kernels.placeRows(dOutput!, { base: from, step: dStates.step }, positions as Address, rows, dStates.panels);
  });
  threads.barrier();
  const { first, rows } = items[items.length - 1];
  shareLinearGradient(context, combine, dCombined, joined, first + rows);
  if (score) shareLinearGradient(context, score, query!, statesOf(attention, joined), first + rows);
  context.lap('attention');
}

function topLevel(layout: Layout, stack: number): LevelLayout {
  return layout.stacks[stack].levels[layout.options.model.layers - 1];
}

/** The decoder's part of `joined`, or of its gradient. */
function statesOf({ combined }: AttentionLayout, joined: PanelMatrix): PanelMatrix {
  return shifted(joined, joined.panels - combined.panels, 0);
}

function listTargets({ i32, layout }: Context, { targetPositions }: AttentionLayout, targets: readonly Target[]): void {
  const B = layout.options.batchSize;
  for (const { row, first, steps } of targets) {
    for (let t = 0; t < steps; t++) i32[targetPositions / 4 + first + t] = t * B + row;
  }
}

/** Gathers a target's source into the scratch. */
function gatherSource(
  context: Context,
  { sourcePositions }: AttentionLayout,
  { source, sourceTransposed }: AttentionScratch,
  row: number,
): { length: number; positions: number } {
  const { i32, kernels, layout } = context;
  const [, sources] = layout.sequences;
  const sourceRow = i32[layout.sourceRows / 4 + row];
  const length = i32[sources.lengths / 4 + sourceRow];
  const positions = sourcePositions + sourceRow * sources.steps * 4;
  const { output } = topLevel(layout, 0);
  kernels.gatherRows(source, output, positions as Address, length, source.panels);
  prepareSource(context, source, sourceTransposed, length);
  return { length, positions };
}

/** With a source's states in `source`: pads them to whole panels of time steps with 0, and transposes them. */
export function prepareSource(context: Context, source: PanelMatrix, transposed: PanelMatrix, length: number): void {
  const padded = panelsOf(length) * PANEL;
  clearPanels(context, source, length, padded - length);
  for (let panel = 0; panel < source.panels; panel++) {
    const to = at(transposed, 0, panel * PANEL);
    context.kernels.packTransposed({ base: to, step: transposed.step }, at(source, panel, 0), PANEL, padded, PANEL);
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

function attend(context: Context, attention: AttentionLayout, { row, first, steps }: Target): void {
  const { query, joined, probabilities } = attention;
  const scratch = attention.scratch[context.threads.rank];
  const { length } = gatherSource(context, attention, scratch, row);
  const queries = shifted(query ?? statesOf(attention, joined), 0, first);
  weigh(context, scratch, queries, shifted(probabilities, 0, first), shifted(joined, 0, first), steps, length);
}

function attendBackward(context: Context, attention: AttentionLayout, { row, first, steps }: Target): void {
  const { kernels, layout, threads } = context;
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
    kernels.productColumns(dSource, a, b, steps, panels, source.panels, 0 as Address);
  };
  addToSource(probabilities, dContexts);

  // scores = Q S': dQ = dScores S, dS += dScores' Q.
  kernels.softmaxBackward(probabilities, dScores, steps, panels);
  addToSource(dScores, queries);
  if (query) clearPanels(context, queries, 0, steps);
  const dQueries = query ? queries : shifted(statesOf(attention, attention.dJoined!), 0, first);
  addProduct(context, dQueries, dScores, source, steps, panels);
  const { dOutput } = topLevel(layout, 0);
  kernels.placeRows(dOutput!, dSource, positions as Address, length, source.panels);
}

/** Fills the list of the sources' positions, once. */
export function listPositions(i32: Int32Array, { attention, sequences, options }: Layout): void {
  if (!attention) return;
  const [, { steps }] = sequences;
  const B = options.batchSize;
  for (let row = 0; row < B; row++) {
    for (let t = 0; t < steps; t++) i32[attention.sourcePositions / 4 + row * steps + t] = t * B + row;
  }
}
