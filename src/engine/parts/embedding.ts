/**
 * How tokens come into a stack: as columns of the first layer's weights (one-hot input), as rows of an embedding, or, where
 * the vocabulary is small beside the positions of a chunk, as rows of a table of the first layer's sums, which is computed
 * once a step. Memory: T * B * E floats by position, or V * G * H for a table.
 */

import { f32Index, offsetBy, PANEL, type PanelMatrix, panelsOf, ROW, shifted } from '../../kernels/index.ts';
import { normal, type ParameterSpec, uniform } from '../../model/index.ts';
import type { Chunk } from '../chunk.ts';
import { type Parameter, type Planner, paddedRows, type Sequence } from '../memory/index.ts';
import { type Context, ownShare, regionOf, synchronize } from '../team/index.ts';
import type { Layer } from './cell.ts';
import { applyDropout, type DropoutStream } from './dropout.ts';
import { addProduct, clearPanels, partOf } from './linear.ts';
import { blockGradient, shareTiles, sumColumns } from './weight-gradient.ts';

/** An embedding (V, E) of its own: normal, PyTorch's start for 1. */
export function embeddingParameter(name: string, vocabulary: number, width: number, deviation: number): ParameterSpec {
  return { name, shape: [vocabulary, width], role: 'embedding', initial: normal(deviation), tokens: 'rows' };
}

/** One whose matrix is the output layer's too, or stands in a model that has such: uniform like other weights. */
export function tiedEmbeddingParameter(name: string, vocabulary: number, width: number, bound: number): ParameterSpec {
  return { name, shape: [vocabulary, width], role: 'embedding', initial: uniform(bound), tokens: 'rows' };
}

/** What a stack reads. */
export interface TokenInput {
  sequence: Sequence;
  vocabulary: number;
  /** (V, E); absent for one-hot input. */
  embedding: Parameter | undefined;
  /** The embedding packed (V rows, panels of E), when there are tables. */
  packed: PanelMatrix | undefined;
  /** (T*B, panels of E) and its gradient, when there is an embedding and no table. */
  embedded: PanelMatrix | undefined;
  dEmbedded: PanelMatrix | undefined;
  dropout: DropoutStream | undefined;
}

/** Up to half as many tokens get a table of the first layer's sums even when a call has few positions. */
const SMALL_VOCABULARY = 2048;

/** Whether the first level's sums are gathered from a table of the vocabulary instead of computed by position. */
export function hasTable(
  { embedding, training, batchSize }: { embedding: number; training: boolean; batchSize: number },
  vocabulary: number,
  steps: number,
): boolean {
  // Decoding packs once and takes few positions at a time: there the table pays for larger vocabularies.
  const positions = steps * batchSize;
  return embedding > 0 && 2 * vocabulary <= (training ? positions : Math.max(positions, SMALL_VOCABULARY));
}

export function planTokenInput(
  { arena, model, batchSize }: Planner,
  {
    table,
    gradient,
    dropout,
    ...input
  }: Pick<TokenInput, 'sequence' | 'vocabulary' | 'embedding' | 'dropout'> & {
    table: boolean;
    /** Where the gradient of the embedded tokens goes. */
    gradient: PanelMatrix | undefined;
  },
): TokenInput {
  const panels = panelsOf(model.embedding);
  const embedded = input.embedding !== undefined && !table;
  return {
    ...input,
    packed: table ? arena.weights(paddedRows(input.vocabulary), panels) : undefined,
    embedded: embedded ? arena.activations(input.sequence.steps * batchSize, panels) : undefined,
    dEmbedded: embedded ? gradient : undefined,
    dropout: embedded ? dropout : undefined,
  };
}

/** Fetches the embedded tokens of a chunk, where they are kept by position. */
export function embedTokens(context: Context, chunk: Chunk, input: TokenInput): void {
  const { kernels, threads, batchSize: B, splitPanels } = context;
  const { embedded, embedding, sequence, dropout } = input;
  if (!embedded) return;
  const { steps, active } = chunk.spans[sequence.index];
  const { firstRow, lastRow } = regionOf(context, 0, 0);
  // With panels split every thread needs all rows; the first one fetches them.
  if (!splitPanels || threads.rank === 0) {
    for (let t = 0; t < steps; t++) {
      const row = t * B + firstRow;
      const rows = Math.max(0, Math.min(active[t], lastRow) - firstRow);
      const tokens = offsetBy(sequence.inputs, row * 4);
      kernels.gatherEmbedding(shifted(embedded, 0, row), embedding!.value, embedding!.shape[1], tokens, rows);
      if (chunk.training && dropout) applyDropout(context, chunk, dropout, embedded, embedded, row, rows);
    }
  }
  if (splitPanels) synchronize(context, 'gates');
}

/** The work of packing an embedding for tables. */
export function embeddingPacking({ kernels }: Context, { embedding, packed }: TokenInput): (() => void)[] {
  if (!packed) return [];
  const [V, E] = embedding!.shape;
  return [() => kernels.packRows(packed, embedding!.value, E, V, E)];
}

/**
 * This thread's share of the first layer's sums by token: the embedding times W_ih, or for one-hot input W_ih's columns
 * themselves, with the biases.
 */
export function fillTable(context: Context, input: TokenInput, layer: Layer): void {
  const { kernels } = context;
  const { table, ih, panels, cell, bias } = layer;
  if (input.embedded) return;
  const V = input.vocabulary;
  const [first, last] = ownShare(context, cell.gateCount * panels);
  for (let panel = first; panel < last; panel++) {
    const sumBias = offsetBy(bias, panel * ROW);
    const columns = partOf(ih.forward, panel, 0, 1);
    if (!table) {
      kernels.addToRows(columns, sumBias, V, 1);
      continue;
    }
    const to = shifted(table, panel, 0, 1);
    kernels.fillRows(to, sumBias, V, 1);
    addProduct(context, to, input.packed!, columns, V, layer.input.panels);
  }
}

/** Clears this thread's share of a dense embedding's gradient. */
export function clearEmbeddingGradient(context: Context, embedding: Parameter): void {
  const lines = Math.ceil((embedding.shape[0] * embedding.shape[1]) / PANEL);
  const [first, last] = ownShare(context, lines);
  context.kernels.clear(offsetBy(embedding.gradient, first * ROW), (last - first) * PANEL);
}

/** Adds a stack's gradients up by token: those of its sums into the tables, or those of its input into the embedding. */
export function scatterInput(context: Context, chunk: Chunk, input: TokenInput, layers: readonly Layer[]): void {
  const { kernels, threads, batchSize: B } = context;
  const { sequence, embedding, dEmbedded } = input;
  const { steps, active } = chunk.spans[sequence.index];
  for (const { dTable, z, panels, cell } of layers) {
    if (!dTable) continue;
    threads.share(cell.gateCount * panels, (panel) => {
      const to = shifted(dTable, panel, 0, 1);
      clearPanels(context, to, 0, dTable.step / ROW);
      kernels.scatterRows(to, shifted(z, panel, 0, 1), sequence.inputs, steps * B, 1);
    });
  }
  if (!dEmbedded) return;
  const E = embedding!.shape[1];
  // By panels of columns, so that each element is summed over the positions in order by one thread.
  threads.share(panelsOf(E), (panel) => {
    const last = Math.min(E, (panel + 1) * PANEL);
    for (let t = 0; t < steps; t++) {
      const from = shifted(dEmbedded, 0, t * B);
      const tokens = offsetBy(sequence.inputs, t * B * 4);
      kernels.scatterEmbedding(embedding!.gradient, E, from, tokens, active[t], panel * PANEL, last);
    }
  });
}

/** From a table's gradient to those of W_ih, its bias, and the embedding. */
export function tableGradients(context: Context, input: TokenInput, layer: Layer): void {
  const { threads, kernels } = context;
  const V = input.vocabulary;
  const { ih, biasIh, panels, cell } = layer;
  const from = layer.dTable!;
  const H = ih.outputs.size;
  if (!input.packed) {
    threads.share(cell.gateCount, (gate) => {
      const to = offsetBy(ih.weight.gradient, gate * H * V * 4);
      kernels.unpackTransposed(shifted(from, gate * panels, 0), to, V, H, V);
      if (biasIh) sumColumns(context, shifted(from, gate * panels, 0), V, H, f32Index(biasIh.gradient) + gate * H);
    });
    return;
  }
  const { packed } = input;
  const products = Array.from({ length: cell.gateCount }, (_, gate) =>
    blockGradient({ ...ih, bias: biasIh }, gate, from, gate * panels, packed, V),
  );
  shareTiles(context, products.flat());
  shareEmbeddingRows(context, input.embedding!, layer);
}

/** Rows and panels of the embedding's gradient that one work item computes. */
const ITEM_ROWS = 64;
const ITEM_PANELS = 4;

/** Adds the table's share of the embedding's gradient: dTable * W_ih. */
function shareEmbeddingRows(context: Context, embedding: Parameter, layer: Layer): void {
  const { kernels, threads, tile } = context;
  const [V, width] = embedding.shape;
  const w = layer.ih.backward!;
  const from = layer.dTable!;
  const sums: PanelMatrix = { base: tile, step: ITEM_ROWS * ROW, panels: ITEM_PANELS };
  const columnItems = Math.ceil(layer.input.panels / ITEM_PANELS);
  threads.share(Math.ceil(V / ITEM_ROWS) * columnItems, (item) => {
    const row = Math.floor(item / columnItems) * ITEM_ROWS;
    const panel = (item % columnItems) * ITEM_PANELS;
    const rows = Math.min(ITEM_ROWS, V - row);
    const panels = Math.min(ITEM_PANELS, layer.input.panels - panel);
    const columns = Math.min(panels * PANEL, width - panel * PANEL);
    kernels.clear(tile, panels * ITEM_ROWS * PANEL);
    addProduct(context, sums, shifted(from, 0, row), partOf(w, panel, 0, panels), rows, from.panels);
    const to = offsetBy(embedding.gradient, (row * width + panel * PANEL) * 4);
    kernels.addRows(sums, to, width, rows, columns);
  });
}
