/**
 * Gradients of the weights, over the whole batch and all time steps. A weight's gradient is split into tiles of the
 * *output*: every element is summed over the positions in order by one thread, whichever it is.
 */

import {
  at,
  f32Index,
  NOWHERE,
  offsetBy,
  PANEL,
  type PanelMatrix,
  panelsOf,
  ROW,
  shifted,
} from '../../kernels/index.ts';
import type { Parameter } from '../memory/index.ts';
import type { Context } from '../team/index.ts';
import type { Linear } from './linear.ts';

/**
 * A weight gradient is computed in tiles of at most this many panels of outputs by this many panels of columns: their sums and
 * what is read with them stay in the second-level cache.
 */
const TILE_OUTPUTS = 16;
const TILE_COLUMNS = 32;

/** Bytes of a thread's scratch: a tile's sums and, behind them, the sums of its bias. */
export const TILE_BYTES = (TILE_COLUMNS * TILE_OUTPUTS * PANEL + TILE_OUTPUTS) * ROW;

/** A product A' B over `rows` rows that is some rows and columns of a weight's gradient. */
export interface WeightGradient {
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
export function blockGradient(
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

export function shareTiles(context: Context, products: WeightGradient[]): void {
  const tiles: Tile[] = [];
  for (const product of products) {
    const panels = panelsOf(product.outputs);
    // Small weights in small tiles, so that there are enough to share out evenly; larger ones where each tile rounds all its
    // inputs first.
    const parts = context.precision === 'bf16' ? 2 : 4;
    const size = Math.max(1, Math.min(TILE_OUTPUTS, Math.floor(panels / parts)));
    for (let i = 0; i < panels; i += size) {
      for (let j = 0; j < panelsOf(product.columns); j += TILE_COLUMNS) tiles.push({ product, i, j, size });
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
  const { kernels, tile, f32 } = context;
  const { a, b, weight, outputs, columns, stride } = product;
  const aPanels = Math.min(size, panelsOf(outputs) - i);
  const bPanels = Math.min(TILE_COLUMNS, panelsOf(columns) - j);
  const tileRows = Math.min(aPanels * PANEL, outputs - i * PANEL);
  const tileColumns = Math.min(bPanels * PANEL, columns - j * PANEL);
  const output = product.firstOutput + i * PANEL;
  const target = offsetBy(weight.gradient, (output * stride + product.firstColumn + j * PANEL) * 4);

  const sums: PanelMatrix = { base: tile, step: size * PANEL * ROW, panels: bPanels };
  const biasSums = at(sums, bPanels, 0);
  const bias = product.bias && j === 0 ? f32Index(product.bias.gradient) + output : 0;
  kernels.clear(tile, f32Index(offsetBy(biasSums, aPanels * ROW)) - f32Index(tile));
  if (product.accumulate) {
    kernels.packRows(sums, target, stride, tileRows, tileColumns);
    if (bias) f32.copyWithin(f32Index(biasSums), bias, bias + tileRows);
  }
  const ai = shifted(a, product.aPanel + i, 0);
  const bj = shifted(b, product.bPanel + j, 0);
  const multiply = context.precision === 'bf16' ? kernels.productColumnsPairs : kernels.productColumns;
  multiply(sums, ai, bj, product.rows, aPanels, bPanels, bias ? biasSums : NOWHERE);
  kernels.unpackRows(sums, target, stride, tileRows, tileColumns);
  if (bias) f32.copyWithin(bias, f32Index(biasSums), f32Index(biasSums) + tileRows);
}

/** The sums of the first `columns` columns over `rows` rows, in order, to element `to` on of the memory. */
export function sumColumns({ f32 }: Context, from: PanelMatrix, rows: number, columns: number, to: number): void {
  for (let j = 0; j < columns; j++) {
    const first = f32Index(at(from, Math.floor(j / PANEL), 0)) + (j % PANEL);
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += f32[first + row * PANEL];
    f32[to + j] = sum;
  }
}
