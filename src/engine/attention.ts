/**
 * Global attention of a decoder on an encoder (Luong, Pham and Manning 2015, sections 3 and 3.1), after the recurrence and without
 * feeding it back, so that all time steps are computed together: for each state h and the source's states s
 *
 *     a = softmax(h's) or softmax(h'Ws),  context = sum of a * s,  attended = tanh(W_c [context; h])
 *
 * Scores, contexts and their gradients are computed a sequence at a time, each by one thread; what lies past a source's end has
 * no weight. The two linear maps are computed for all positions together.
 */

import type { Chunk } from './chunk.ts';
import type { Context } from './context.ts';
import { shareLinearGradient } from './gradients.ts';
import { type AttentionLayout, type AttentionScratch, PADDED_LOGIT } from './headLayout.ts';
import type { Layout } from './layout.ts';
import { addProduct, clearPanels, linearBackward, linearForward } from './linear.ts';
import { at, PANEL, type PanelMatrix, panelsOf, shifted } from './panels.ts';
import type { LevelLayout } from './stackLayout.ts';

/** Positions of a work item at most. */
const ITEM_ROWS = 96;

export function attentionForward(context: Context, chunk: Chunk, attention: AttentionLayout): void {
  const { kernels, layout, threads } = context;
  const { score, query, joined, attended, combine } = attention;
  const { output } = topLevel(layout, 1);
  const positions = chunk.spans[0].steps * layout.options.batchSize;
  const contextPanels = joined.panels - attended.panels;
  sharePositions(context, positions, (first, rows) => {
    if (score) linearForward(context, score, query!, first, output, first, rows);
    clearPanels(context, joined, first, rows, contextPanels);
    const states = at(joined, contextPanels, first);
    kernels.copyPanels(states, joined.step, at(output, 0, first), output.step, rows, output.panels);
  });
  threads.barrier();
  threads.share(chunk.spans[0].active[0], (row) => attend(context, attention, row));
  threads.barrier();
  sharePositions(context, positions, (first, rows) => {
    linearForward(context, combine, attended, first, joined, first, rows);
    for (let u = 0; u < attended.panels; u++) {
      kernels.rnnForward(at(attended, u, first), at(attended, u, first), rows);
    }
  });
  threads.barrier();
  context.lap('softmax');
}

/** From the gradient of `attended` to those of the decoder's and the encoder's top outputs, at every time step. */
export function attentionBackward(context: Context, chunk: Chunk, attention: AttentionLayout): void {
  const { kernels, layout, threads } = context;
  const { score, joined, attended, combine } = attention;
  const dAttended = attention.dAttended!;
  const dJoined = attention.dJoined!;
  const dQuery = attention.dQuery;
  const { output, dOutput } = topLevel(layout, 1);
  const dStates = dOutput!;
  const B = layout.options.batchSize;
  const positions = chunk.spans[0].steps * B;
  const contextPanels = joined.panels - attended.panels;
  clearSourceGradient(context, chunk);
  sharePositions(context, positions, (first, rows) => {
    for (let u = 0; u < attended.panels; u++) {
      const d = at(dAttended, u, first);
      kernels.rnnBackward(d, at(attended, u, first), d, rows);
    }
    linearBackward(context, combine, dJoined, first, dAttended, first, rows);
    const from = at(dJoined, contextPanels, first);
    kernels.copyPanels(at(dStates, 0, first), dStates.step, from, dJoined.step, rows, dStates.panels);
    if (dQuery) clearPanels(context, dQuery, first, rows);
  });
  threads.barrier();
  shareLinearGradient(context, combine, dAttended, joined, positions);
  threads.share(chunk.spans[0].active[0], (row) => attendBackward(context, attention, row));
  threads.barrier();
  if (score) {
    shareLinearGradient(context, score, dQuery!, output, positions);
    sharePositions(context, positions, (first, rows) => {
      linearBackward(context, score, dStates, first, dQuery!, first, rows, true);
    });
    threads.barrier();
  }
  context.lap('softmax');
}

function topLevel(layout: Layout, stack: number): LevelLayout {
  return layout.stacks[stack].levels[layout.options.model.layers - 1];
}

function sharePositions({ threads }: Context, positions: number, work: (first: number, rows: number) => void): void {
  threads.share(Math.ceil(positions / ITEM_ROWS), (item) => {
    const first = item * ITEM_ROWS;
    work(first, Math.min(ITEM_ROWS, positions - first));
  });
}

/** The gradient of the encoder's top outputs, of which `attendBackward` gives each row its own. */
function clearSourceGradient(context: Context, chunk: Chunk): void {
  const { layout } = context;
  const { dOutput } = topLevel(layout, 0);
  sharePositions(context, chunk.spans[1].steps * layout.options.batchSize, (first, rows) => {
    clearPanels(context, dOutput!, first, rows);
  });
}

/** Target row `row` and its source, by themselves. */
interface Pair {
  scratch: AttentionScratch;
  probabilities: PanelMatrix;
  /** Lengths of the target and the source. */
  steps: number;
  length: number;
  sourcePanels: number;
  /** Addresses of their positions. */
  targetPositions: number;
  sourcePositions: number;
  /** What scores are taken of. */
  queries: PanelMatrix;
}

/** Gathers a row's source into the scratch, as it is and transposed, and its queries. */
function pairOf(context: Context, attention: AttentionLayout, row: number): Pair {
  const { i32, layout, threads } = context;
  const [main, sources] = layout.sequences;
  const { probabilities, probabilityBytes } = attention;
  const sourceRow = i32[layout.sourceRows / 4 + row];
  const length = i32[sources.lengths / 4 + sourceRow];
  const pair: Pair = {
    scratch: attention.scratch[threads.rank],
    probabilities: { ...probabilities, base: probabilities.base + row * probabilityBytes },
    steps: i32[main.lengths / 4 + row],
    length,
    sourcePanels: panelsOf(length),
    targetPositions: attention.targetPositions + row * main.steps * 4,
    sourcePositions: attention.sourcePositions + sourceRow * sources.steps * 4,
    queries: attention.query ?? topLevel(layout, 1).output,
  };
  gather(context, pair.scratch.source, topLevel(layout, 0).output, pair.sourcePositions, length);
  prepareSource(context, pair.scratch, length);
  gather(context, pair.scratch.query, pair.queries, pair.targetPositions, pair.steps);
  return pair;
}

/** Rows of `to` from 0 on = rows of `from` by their positions. */
function gather({ kernels }: Context, to: PanelMatrix, from: PanelMatrix, positions: number, rows: number): void {
  kernels.gatherRows(to.base, to.step, from.base, from.step, positions, rows, to.panels);
}

/** With a source's states in `scratch.source`: pads them to whole panels of time steps with 0, and transposes them. */
export function prepareSource(context: Context, scratch: AttentionScratch, length: number): void {
  const { kernels } = context;
  const { source, sourceTransposed: transposed, rows } = scratch;
  const width = source.panels * PANEL;
  const padded = panelsOf(length) * PANEL;
  clearPanels(context, source, length, padded - length);
  // Whole panels, so that columns past the source's end are 0.
  kernels.unpackRows(source.base, source.step, rows, width, padded, width);
  kernels.packTransposed(transposed.base, transposed.step, rows, width, padded, width);
}

/** Weights of `steps` queries over a source of `length` states, both in the scratch, and the contexts they give. */
export function weigh(
  { kernels, f32 }: Context,
  { query, source, sourceTransposed, context, mask, largest, sums }: AttentionScratch,
  probabilities: PanelMatrix,
  steps: number,
  length: number,
): void {
  const panels = panelsOf(length);
  f32.fill(0, mask / 4, mask / 4 + length);
  f32.fill(PADDED_LOGIT, mask / 4 + length, mask / 4 + panels * PANEL);
  const { base, step } = probabilities;
  kernels.fillRows(base, step, mask, steps, panels);
  addProduct({ kernels }, probabilities, query, { ...sourceTransposed, panels }, steps, query.panels);
  kernels.softmaxExponentials(base, step, steps, panels, largest, sums);
  for (let i = sums / 4; i < sums / 4 + steps * PANEL; i++) f32[i] = 1 / f32[i];
  kernels.scaleRows(base, step, steps, panels, sums);
  clearPanels({ kernels }, context, 0, steps);
  addProduct({ kernels }, context, probabilities, source, steps, panels);
}

function attend(context: Context, attention: AttentionLayout, row: number): void {
  const { scratch, probabilities, steps, length, targetPositions } = pairOf(context, attention, row);
  const { joined } = attention;
  weigh(context, scratch, probabilities, steps, length);
  const from = scratch.context;
  context.kernels.scatterRows(joined.base, joined.step, from.base, from.step, targetPositions, steps, from.panels);
}

function attendBackward(context: Context, attention: AttentionLayout, row: number): void {
  const { kernels, layout } = context;
  const pair = pairOf(context, attention, row);
  const { scratch, probabilities, steps, length, sourcePanels: panels, targetPositions } = pair;
  const { source, sourceTransposed, context: dContext, dScores, dSource, query } = scratch;
  const dJoined = attention.dJoined!;
  const padded = panels * PANEL;
  gather(context, dContext, shifted(dJoined, 0, 0, dContext.panels), targetPositions, steps);

  // context = a S: da = dContext S', dS = a' dContext.
  clearPanels(context, dScores, 0, steps, panels);
  addProduct(context, dScores, dContext, { ...sourceTransposed, panels }, steps, dContext.panels);
  clearPanels(context, dSource, 0, padded);
  const addToSource = (a: PanelMatrix, b: PanelMatrix): void => {
    kernels.productColumns(dSource.base, dSource.step, a.base, a.step, b.base, b.step, steps, panels, b.panels, 0);
  };
  addToSource(probabilities, dContext);

  // scores = Q S': dQ = dScores S, dS += dScores' Q.
  kernels.softmaxBackward(probabilities.base, probabilities.step, dScores.base, dScores.step, steps, panels);
  addToSource(dScores, query);
  const dQuery = dContext;
  clearPanels(context, dQuery, 0, steps);
  addProduct(context, dQuery, dScores, source, steps, panels);
  const scatter = (to: PanelMatrix, from: PanelMatrix, positions: number, rows: number): void => {
    kernels.scatterRows(to.base, to.step, from.base, from.step, positions, rows, from.panels);
  };
  scatter(attention.dQuery ?? topLevel(layout, 1).dOutput!, dQuery, targetPositions, steps);
  scatter(topLevel(layout, 0).dOutput!, dSource, pair.sourcePositions, length);
}

/** Fills the lists of positions, once: `targetPositions` and `sourcePositions`. */
export function listPositions(i32: Int32Array, layout: Layout): void {
  const { attention, sequences } = layout;
  if (!attention) return;
  const B = layout.options.batchSize;
  [attention.targetPositions, attention.sourcePositions].forEach((list, i) => {
    const { steps } = sequences[i];
    for (let row = 0; row < B; row++) {
      for (let t = 0; t < steps; t++) i32[list / 4 + row * steps + t] = t * B + row;
    }
  });
}
