/**
 * Gradients of the weights, over the whole batch and all time steps. A weight's gradient is split into tiles of the
 * *output*: every element is summed over the positions in order by one thread, whichever it is.
 */

import type { Address } from '../kernels/index.ts';
import type { Chunk } from './chunk.ts';
import { type Context, shareOf } from './context.ts';
import { TILE_A, TILE_B, tileBytes } from './layout.ts';
import type { Linear } from './linear.ts';
import { at, PANEL, type PanelMatrix, type Parameter, panelsOf, ROW } from './panels.ts';
import { levelInput } from './pass.ts';
import type { LayerLayout, LevelLayout, StackLayout } from './stack-layout.ts';

/** Rows and panels of the embedding's gradient that one work item computes. */
const EMBEDDING_ROWS = 64;
const EMBEDDING_PANELS = 4;

/** A product A' B over `rows` rows that is some rows and columns of a weight's gradient. */
interface WeightGradient {
  /** Gradients of the outputs; output `firstOutput` is column 0 of panel `aPanel`. */
  a: PanelMatrix;
  aPanel: number;
  /** Inputs; column `firstColumn` is column 0 of panel `bPanel`. */
  b: PanelMatrix;
  bPanel: number;
  rows: number;
  weight: Parameter;
  /** Gets the sums of A's columns. */
  bias?: Parameter | undefined;
  firstOutput: number;
  outputs: number;
  firstColumn: number;
  columns: number;
  /** Floats from row to row of the weight. */
  stride: number;
  /** Add to what is there, in the order of the calls. */
  accumulate?: boolean;
}

/** The gradient of one block of a weight's outputs, from panel `aPanel` of `a` on. */
function blockGradient(
  { weight, bias, outputs, columns }: Pick<Linear, 'weight' | 'bias' | 'outputs' | 'columns'>,
  block: number,
  a: PanelMatrix,
  aPanel: number,
  b: PanelMatrix,
  rows: number,
  accumulate = false,
): WeightGradient[] {
  return Array.from({ length: columns.blocks }, (_, part) => ({
    a,
    aPanel,
    b,
    bPanel: part * panelsOf(columns.size),
    rows,
    weight,
    bias: part === 0 ? bias : undefined,
    firstOutput: block * outputs.size,
    outputs: outputs.size,
    firstColumn: part * columns.size,
    columns: columns.size,
    stride: columns.blocks * columns.size,
    accumulate,
  }));
}

/** The gradients of a weight and its bias from those of its outputs and its inputs, `rows` rows of each. */
export function shareLinearGradient(
  context: Context,
  linear: Linear,
  dOutputs: PanelMatrix,
  inputs: PanelMatrix,
  rows: number,
  accumulate = false,
): void {
  const { blocks, size } = linear.outputs;
  const products = Array.from({ length: blocks }, (_, block) =>
    blockGradient(linear, block, dOutputs, block * panelsOf(size), inputs, rows, accumulate),
  );
  shareTiles(context, products.flat());
}

/** The gradients of a level's weights and biases, when backward has left those of its sums in z. */
export function levelGradients(context: Context, chunk: Chunk, stack: StackLayout, level: LevelLayout): void {
  const { form, options } = context.layout;
  const B = options.batchSize;
  const rows = chunk.spans[stack.sequence].steps * B;
  const work: WeightGradient[] = [];
  for (const layer of level.layers) {
    const { z, units, ih, hh, biasIh, biasHh } = layer;
    if (!layer.dTable) {
      const b = levelInput(stack, layer.level, true);
      for (let gate = 0; gate < form.gates; gate++) {
        work.push(...blockGradient({ ...ih, bias: biasIh }, gate, z, gate * units, b, rows));
      }
    }
    // Own rows of the states before time step 0.
    const before = layer.reverse ? { ...layer.h, base: at(layer.h, 0, B) } : layer.h;
    for (const part of form.recurrent) {
      const b = part.operand === 'h' ? before : layer.resetH!;
      for (let k = 0; k < part.gates; k++) {
        const panel = (part.firstSum + k) * units;
        work.push(...blockGradient({ ...hh, bias: biasHh }, part.firstGate + k, z, panel, b, rows));
      }
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

/** A product's outputs from panel i on, at most `size` of them; its columns from panel j on. */
interface Tile {
  product: WeightGradient;
  i: number;
  j: number;
  size: number;
}

function computeTile(context: Context, { product, i, j, size }: Tile): void {
  const { kernels, layout, threads, f32 } = context;
  const { a, b, weight, outputs, columns, stride } = product;
  const aPanels = Math.min(size, panelsOf(outputs) - i);
  const bPanels = Math.min(TILE_B, panelsOf(columns) - j);
  const tileRows = Math.min(aPanels * PANEL, outputs - i * PANEL);
  const tileColumns = Math.min(bPanels * PANEL, columns - j * PANEL);
  const output = product.firstOutput + i * PANEL;
  const target = weight.gradient + (output * stride + product.firstColumn + j * PANEL) * 4;

  const scratch = layout.tiles + threads.rank * tileBytes();
  const step = size * PANEL * ROW;
  const biasSums = scratch + bPanels * step;
  const bias = product.bias && j === 0 ? product.bias.gradient / 4 + output : 0;
  kernels.clear(scratch as Address, (bPanels * step + aPanels * ROW) / 4);
  if (product.accumulate) {
    kernels.packRows({ base: scratch as Address, step: step }, target as Address, stride, tileRows, tileColumns);
    if (bias) f32.copyWithin(biasSums / 4, bias, bias + tileRows);
  }
  const ai = at(a, product.aPanel + i, 0);
  const bj = at(b, product.bPanel + j, 0);
  kernels.productColumns(
    { base: scratch as Address, step: step },
    { base: ai, step: a.step },
    { base: bj, step: b.step },
    product.rows,
    aPanels,
    bPanels,
    (bias ? biasSums : 0) as Address,
  );
  kernels.unpackRows({ base: scratch as Address, step: step }, target as Address, stride, tileRows, tileColumns);
  if (bias) f32.copyWithin(bias, biasSums / 4, biasSums / 4 + tileRows);
}

/** Gradients by token, after the stacks' backward passes: the embeddings', or those of the weights behind tables. */
export function inputGradients(context: Context, chunk: Chunk): void {
  const { layout, threads } = context;
  clearEmbeddings(context, chunk);
  threads.barrier();
  for (const stack of layout.stacks) {
    scatterInput(context, chunk, stack);
    threads.barrier();
  }
  context.lap('weight gradients');
  for (const stack of layout.stacks) {
    for (const layer of stack.levels[0].layers) {
      if (!layer.dTable) continue;
      tableGradients(context, stack, layer);
      threads.barrier();
    }
  }
  context.lap('weight gradients');
}

/** Embeddings' gradients are sums over tokens and stacks; a tied one's begins with the output layer's share. */
function clearEmbeddings(context: Context, chunk: Chunk): void {
  const { kernels, layout, threads, i32 } = context;
  layout.sparse.forEach(({ embedding, stale }, i) => {
    const width = embedding.shape[1];
    threads.share(chunk.staleRows[i], (item) => {
      kernels.clear((embedding.gradient + i32[stale / 4 + item] * width * 4) as Address, width);
    });
  });
  const dense = new Set(layout.stacks.map(({ embedding }) => embedding));
  for (const { embedding } of layout.sparse) dense.delete(embedding);
  for (const embedding of dense) {
    if (!embedding || embedding === layout.output.weight) continue;
    const lines = Math.ceil((embedding.shape[0] * embedding.shape[1]) / PANEL);
    const [first, last] = shareOf(lines, threads.rank, threads.count);
    kernels.clear((embedding.gradient + first * ROW) as Address, (last - first) * PANEL);
  }
}

/** Adds a stack's gradients up by token: those of its sums into the tables, or those of its input into the embedding. */
function scatterInput(context: Context, chunk: Chunk, stack: StackLayout): void {
  const { kernels, layout, threads } = context;
  const { inputs } = layout.sequences[stack.sequence];
  const { embedding, dEmbedded } = stack;
  const B = layout.options.batchSize;
  const { steps, active } = chunk.spans[stack.sequence];
  const rows = steps * B;
  for (const { dTable, z, units } of stack.levels[0].layers) {
    if (!dTable) continue;
    threads.share(layout.form.gates * units, (panel) => {
      kernels.clear(at(dTable, panel, 0), dTable.step / 4);
      kernels.scatterRows(
        { base: at(dTable, panel, 0), step: dTable.step },
        { base: at(z, panel, 0), step: z.step },
        inputs as Address,
        rows,
        1,
      );
    });
  }
  if (!dEmbedded) return;
  const E = embedding!.shape[1];
  // By panels of columns, so that each element is summed over the positions in order by one thread.
  threads.share(panelsOf(E), (panel) => {
    const last = Math.min(E, (panel + 1) * PANEL);
    for (let t = 0; t < steps; t++) {
      const row = t * B;
      const from = at(dEmbedded, 0, row);
      const tokens = inputs + row * 4;
      kernels.scatterEmbedding(
        embedding!.gradient,
        E,
        { base: from, step: dEmbedded.step },
        tokens as Address,
        active[t],
        panel * PANEL,
        last,
      );
    }
  });
}

/** From a table's gradient to those of W_ih, its bias, and the embedding. */
function tableGradients(context: Context, stack: StackLayout, layer: LayerLayout): void {
  const { layout, threads, kernels } = context;
  const H = layout.options.model.hidden;
  const V = stack.shape.vocabulary;
  const { ih, biasIh, units } = layer;
  const from = layer.dTable!;
  if (!stack.embeddingPanels) {
    threads.share(layout.form.gates, (gate) => {
      const to = ih.weight.gradient + gate * H * V * 4;
      kernels.unpackTransposed({ base: at(from, gate * units, 0), step: from.step }, to as Address, V, H, V);
      sumBias(context, from, gate * units, V, biasIh, gate * H);
    });
    return;
  }
  const products: WeightGradient[] = [];
  for (let gate = 0; gate < layout.form.gates; gate++) {
    products.push(...blockGradient({ ...ih, bias: biasIh }, gate, from, gate * units, stack.embeddingPanels, V));
  }
  shareTiles(context, products);
  shareEmbeddingRows(context, stack, layer);
}

/** Adds the table's share of the embedding's gradient: dTable * W_ih. */
function shareEmbeddingRows(context: Context, stack: StackLayout, layer: LayerLayout): void {
  const { kernels, layout, threads } = context;
  const [V, input] = stack.embedding!.shape;
  const { inputPanels } = layer;
  const w = layer.ih.backward!;
  const from = layer.dTable!;
  const step = EMBEDDING_ROWS * ROW;
  const columnItems = Math.ceil(inputPanels / EMBEDDING_PANELS);
  threads.share(Math.ceil(V / EMBEDDING_ROWS) * columnItems, (item) => {
    const row = Math.floor(item / columnItems) * EMBEDDING_ROWS;
    const panel = (item % columnItems) * EMBEDDING_PANELS;
    const rows = Math.min(EMBEDDING_ROWS, V - row);
    const panels = Math.min(EMBEDDING_PANELS, inputPanels - panel);
    const columns = Math.min(panels * PANEL, input - panel * PANEL);
    const scratch = layout.tiles + threads.rank * tileBytes();
    kernels.clear(scratch as Address, (panels * step) / 4);
    kernels.productRows(
      { base: scratch as Address, step: step },
      { base: at(from, 0, row), step: from.step },
      { base: at(w, panel, 0), step: w.step },
      rows,
      panels,
      from.panels,
    );
    const to = stack.embedding!.gradient + (row * input + panel * PANEL) * 4;
    kernels.addRows({ base: scratch as Address, step: step }, to as Address, input, rows, columns);
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
