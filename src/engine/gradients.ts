/**
 * Gradients of the weights, over the whole batch and all time steps. A weight's gradient is split into tiles of the *output*: every
 * element is summed over the positions in order by one thread, whichever it is.
 */

import type { Chunk } from './chunk.ts';
import { type Context, shareOf } from './context.ts';
import { type LayerLayout, type Parameter, TILE_A, TILE_B, tileBytes } from './layout.ts';
import { at, PANEL, type PanelMatrix, panelsOf, ROW } from './panels.ts';
import { hiddenGradient, layerInput } from './recurrent.ts';

/** Rows and panels of the embedding's gradient that one work item computes. */
const EMBEDDING_ROWS = 64;
const EMBEDDING_PANELS = 4;

/** A product A' B over `rows` rows that is some rows of a weight's gradient. */
export interface WeightGradient {
  /** Gradients of the outputs; output `firstOutput` is column 0 of panel `aPanel`. */
  a: PanelMatrix;
  aPanel: number;
  aRow: number;
  /** Inputs. */
  b: PanelMatrix;
  bRow: number;
  rows: number;
  weight: Parameter;
  /** Gets the sums of A's columns. */
  bias?: Parameter | undefined;
  firstOutput: number;
  outputs: number;
  columns: number;
  /** Add to what is there, in the order of the calls. */
  accumulate?: boolean;
}

export function shareWeightGradient(context: Context, product: WeightGradient): void {
  shareTiles(context, [product]);
}

/** The gradients of a layer's weights and biases, when backward has left those of its sums in z. */
export function layerGradients(context: Context, chunk: Chunk, layer: LayerLayout): void {
  const { form, options } = context.layout;
  const H = options.model.hidden;
  const rows = chunk.steps * options.batchSize;
  const work: WeightGradient[] = [];
  const gate = (index: number, sum: number) => ({
    a: layer.z,
    aPanel: sum * layer.units,
    aRow: 0,
    rows,
    firstOutput: index * H,
    outputs: H,
  });
  if (!layer.dTable) {
    const b = layerInput(context, layer, true);
    for (let index = 0; index < form.gates; index++) {
      work.push({
        ...gate(index, index),
        b,
        bRow: 0,
        weight: layer.weightIh,
        bias: layer.biasIh,
        columns: layer.input,
      });
    }
  }
  for (const part of form.recurrent) {
    const b = part.operand === 'h' ? layer.h : layer.resetH!;
    for (let k = 0; k < part.gates; k++) {
      const common = gate(part.firstGate + k, part.firstSum + k);
      work.push({ ...common, b, bRow: 0, weight: layer.weightHh, bias: layer.biasHh, columns: H });
    }
  }
  shareTiles(context, work);
  context.lap('weight gradients');
}

function shareTiles(context: Context, products: WeightGradient[]): void {
  const tiles: Tile[] = [];
  for (const product of products) {
    const panels = panelsOf(product.outputs);
    // Small weights in small tiles, so that there are enough to share out evenly.
    const size = Math.max(1, Math.min(TILE_A, panels >> 2));
    for (let i = 0; i < panels; i += size) {
      for (let j = 0; j < panelsOf(product.columns); j += TILE_B) tiles.push({ product, i, j, size });
    }
  }
  context.threads.share(tiles.length, (item) => computeTile(context, tiles[item]));
}

/** Outputs from panel i on, at most `size` of them; columns from panel j on. */
interface Tile {
  product: WeightGradient;
  i: number;
  j: number;
  size: number;
}

function computeTile(context: Context, { product, i, j, size }: Tile): void {
  const { kernels, layout, threads, f32 } = context;
  const { a, b, weight, outputs, columns } = product;
  const aPanels = Math.min(size, panelsOf(outputs) - i);
  const bPanels = Math.min(TILE_B, panelsOf(columns) - j);
  const tileRows = Math.min(aPanels * PANEL, outputs - i * PANEL);
  const tileColumns = Math.min(bPanels * PANEL, columns - j * PANEL);
  const output = product.firstOutput + i * PANEL;
  const target = weight.gradient + (output * columns + j * PANEL) * 4;

  const scratch = layout.tiles + threads.rank * tileBytes();
  const step = size * PANEL * ROW;
  const biasSums = scratch + bPanels * step;
  const bias = product.bias && j === 0 ? product.bias.gradient / 4 + output : 0;
  kernels.clear(scratch, (bPanels * step + aPanels * ROW) / 4);
  if (product.accumulate) {
    kernels.packRows(scratch, step, target, columns, tileRows, tileColumns);
    if (bias) f32.copyWithin(biasSums / 4, bias, bias + tileRows);
  }
  const ai = at(a, product.aPanel + i, product.aRow);
  const bj = at(b, j, product.bRow);
  kernels.productColumns(scratch, step, ai, a.step, bj, b.step, product.rows, aPanels, bPanels, bias ? biasSums : 0);
  kernels.unpackRows(scratch, step, target, columns, tileRows, tileColumns);
  if (bias) f32.copyWithin(bias, biasSums / 4, biasSums / 4 + tileRows);
}

/** Gradients by token, after the first layer's backward pass: the embedding's, or those of the weights behind a table. */
export function inputGradients(context: Context, chunk: Chunk): void {
  const { layout, threads } = context;
  scatterInput(context, chunk);
  context.lap('weight gradients');
  const [first] = layout.layers;
  if (!first.dTable) return;
  threads.barrier();
  context.lap('barrier');
  tableGradients(context, first);
  context.lap('weight gradients');
}

/** Adds the first layer's gradients up by token: those of its sums into the table, or those of its input into the embedding. */
function scatterInput(context: Context, chunk: Chunk): void {
  const { kernels, layout, threads, i32 } = context;
  const layer = layout.layers[0];
  const rows = chunk.steps * layout.options.batchSize;
  const { dTable, z } = layer;
  if (dTable) {
    threads.share(layout.form.gates * layer.units, (panel) => {
      kernels.clear(at(dTable, panel, 0), dTable.step / 4);
      kernels.scatterRows(at(dTable, panel, 0), dTable.step, at(z, panel, 0), z.step, layout.inputs, rows, 1);
    });
    return;
  }
  const { embedding, options } = layout;
  const B = options.batchSize;
  const dx = hiddenGradient(context, -1);
  if (layout.sparse) {
    const rowBytes = layer.input * 4;
    threads.share(chunk.staleRows, (item) => {
      kernels.clear(embedding!.gradient + i32[layout.sparse!.stale / 4 + item] * rowBytes, layer.input);
    });
    threads.barrier();
  } else if (!options.model.tie) {
    const floats = Math.ceil((options.model.vocabulary * layer.input) / PANEL) * PANEL;
    const [first, last] = shareOf(floats / PANEL, threads.rank, threads.count);
    kernels.clear(embedding!.gradient + first * ROW, (last - first) * PANEL);
    threads.barrier();
  }
  threads.share(layer.inputPanels, (panel) => {
    const last = Math.min(layer.input, (panel + 1) * PANEL);
    kernels.scatterEmbedding(
      embedding!.gradient,
      layer.input,
      dx.base + B * ROW,
      dx.step,
      layout.inputs,
      rows,
      panel * PANEL,
      last,
    );
  });
}

/** From the table's gradient to those of W_ih, its bias, and the embedding. */
function tableGradients(context: Context, layer: LayerLayout): void {
  const { kernels, layout, threads } = context;
  const { vocabulary: V, hidden: H } = layout.options.model;
  const { dTable, weightIh, biasIh, units, input } = layer;
  const from = dTable!;
  if (!layout.embeddingPanels) {
    threads.share(layout.form.gates, (gate) => {
      const to = weightIh.gradient + gate * H * V * 4;
      kernels.unpackTransposed(at(from, gate * units, 0), from.step, to, V, H, V);
      sumBias(context, from, gate * units, V, biasIh, gate * H);
    });
    return;
  }
  const products: WeightGradient[] = [];
  for (let gate = 0; gate < layout.form.gates; gate++) {
    products.push({
      a: from,
      aPanel: gate * units,
      aRow: 0,
      b: layout.embeddingPanels,
      bRow: 0,
      rows: V,
      weight: weightIh,
      bias: biasIh,
      firstOutput: gate * H,
      outputs: H,
      columns: input,
    });
  }
  shareTiles(context, products);
  shareEmbeddingRows(context, layer);
}

/** The embedding's gradient from the table's: dTable * W_ih, added to the output layer's share when tied. */
function shareEmbeddingRows(context: Context, layer: LayerLayout): void {
  const { kernels, layout, threads } = context;
  const { vocabulary: V, tie } = layout.options.model;
  const { input, inputPanels, ihBackward: w, dTable } = layer;
  const from = dTable!;
  const step = EMBEDDING_ROWS * ROW;
  const columnItems = Math.ceil(inputPanels / EMBEDDING_PANELS);
  threads.share(Math.ceil(V / EMBEDDING_ROWS) * columnItems, (item) => {
    const row = Math.floor(item / columnItems) * EMBEDDING_ROWS;
    const panel = (item % columnItems) * EMBEDDING_PANELS;
    const rows = Math.min(EMBEDDING_ROWS, V - row);
    const panels = Math.min(EMBEDDING_PANELS, inputPanels - panel);
    const columns = Math.min(panels * PANEL, input - panel * PANEL);
    const scratch = layout.tiles + threads.rank * tileBytes();
    kernels.clear(scratch, (panels * step) / 4);
    kernels.productRows(
      scratch,
      step,
      at(from, 0, row),
      from.step,
      at(w!, panel, 0),
      w!.step,
      rows,
      panels,
      from.panels,
    );
    const to = layout.embedding!.gradient + (row * input + panel * PANEL) * 4;
    if (tie) kernels.addRows(scratch, step, to, input, rows, columns);
    else kernels.unpackRows(scratch, step, to, input, rows, columns);
  });
}

/** The column sums of `rows` rows, for the H columns from panel `panel` on. */
function sumBias(
  context: Context,
  from: PanelMatrix,
  panel: number,
  rows: number,
  bias: Parameter,
  firstOutput: number,
): void {
  const { f32, layout } = context;
  for (let unit = 0; unit < layout.options.model.hidden; unit++) {
    const column = at(from, panel + (unit >> 4), 0) / 4 + (unit & 15);
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += f32[column + row * PANEL];
    f32[bias.gradient / 4 + firstOutput + unit] = sum;
  }
}
