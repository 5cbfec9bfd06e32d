/** Matrices of weights in the order in which the products read them: their memory, packing, and products. */

import {
  type Address,
  at,
  f32Index,
  offsetBy,
  PANEL,
  type PanelMatrix,
  panelsOf,
  ROW,
  shifted,
} from '../../kernels/index.ts';
import { type Columns, columnPanels, type Parameter, type Planner } from '../memory/index.ts';
import type { Context } from '../team/index.ts';

/** A weight as products read it: a panel matrix, or with `pairs` a pair matrix (kernels/assembly/pairs.ts), half as large. */
export interface Packed extends PanelMatrix {
  pairs?: boolean;
}

/** A packed weight from another panel and row on, `row` a multiple of 16. */
export function partOf({ pairs = false, ...w }: Packed, panel: number, row: number, panels = w.panels - panel): Packed {
  return { ...shifted(w, panel, pairs ? row / 2 : row, panels), pairs };
}

export interface Linear {
  /** (outputs, columns), row-major. */
  weight: Parameter;
  outputs: Columns;
  columns: Columns;
  bias: Parameter | undefined;
  /** Packed (columns, panels of outputs), which takes inputs to outputs. */
  forward: Packed;
  /** Packed (outputs, panels of columns), which takes gradients back. */
  backward: Packed | undefined;
  /** The bias, or 0, padded to whole panels with `padding`. */
  biasPadded: Address;
  padding: number;
}

export interface LinearOptions {
  outputs?: Columns;
  columns?: Columns;
  bias?: Parameter | undefined;
  /** Room for the backward product; with training unless said otherwise. */
  backward?: boolean;
  /** What the bias is padded with; 0 by default. */
  padding?: number;
  /** Rows of what is packed are gathered, and not multiplied: they keep their precision. */
  gathered?: boolean;
}

/** Outputs and columns are one block each unless said otherwise. */
export function planLinear(
  { arena, precision, training }: Planner,
  weight: Parameter,
  options: LinearOptions = {},
): Linear {
  const {
    outputs = { blocks: 1, size: weight.shape[0] },
    columns = { blocks: 1, size: weight.shape[1] },
    bias,
    backward = training,
    padding = 0,
    gathered = false,
  } = options;
  const panels = columnPanels(outputs);
  const pairs = precision === 'bf16' && !gathered;
  const pack = (rows: number, count: number): Packed => ({ ...arena.weights(pairs ? rows / 2 : rows, count), pairs });
  return {
    weight,
    outputs,
    columns,
    bias,
    padding,
    forward: pack(columnPanels(columns) * PANEL, panels),
    biasPadded: arena.reserve(panels * ROW),
    backward: backward ? pack(panels * PANEL, columnPanels(columns)) : undefined,
  };
}

/** Rows of a weight that one work item packs. */
const PACKED_ROWS = 512;

/** The work of packing a weight and its bias, in items that any thread may take. */
export function packing(context: Context, linear: Linear, training: boolean): (() => void)[] {
  const { kernels, f32 } = context;
  const { weight, outputs, columns, bias, forward, backward, biasPadded, padding } = linear;
  const stride = columns.blocks * columns.size;
  const items: (() => void)[] = [];
  for (let block = 0; block < outputs.blocks; block++) {
    for (let row = 0; row < outputs.size; row += PACKED_ROWS) {
      const rows = Math.min(PACKED_ROWS, outputs.size - row);
      const panel = block * panelsOf(outputs.size) + row / PANEL;
      const output = block * outputs.size + row;
      items.push(() => {
        for (let part = 0; part < columns.blocks; part++) {
          const from = offsetBy(weight.value, (output * stride + part * columns.size) * 4);
          const input = part * panelsOf(columns.size);
          const packTransposed = forward.pairs ? kernels.packPairsTransposed : kernels.packTransposed;
          packTransposed(partOf(forward, panel, input * PANEL), from, stride, rows, columns.size);
          if (training && backward) {
            const packRows = backward.pairs ? kernels.packPairs : kernels.packRows;
            packRows(partOf(backward, input, panel * PANEL), from, stride, rows, columns.size);
          }
        }
        const to = f32Index(biasPadded) + panel * PANEL;
        if (bias) {
          const first = f32Index(bias.value) + output;
          f32.copyWithin(to, first, first + rows);
        }
        const end = f32Index(biasPadded) + (block + 1) * panelsOf(outputs.size) * PANEL;
        if (row + rows === outputs.size) f32.fill(padding, to + rows, end);
      });
    }
  }
  return items;
}

/**
 * Rows from `row` on of `to` = the bias + rows from `fromRow` on of `from` times the weight; of all panels, or of those
 * from `first` to `last`.
 */
export function linearForward(
  { kernels }: Context,
  { forward, biasPadded, columns }: Linear,
  to: PanelMatrix,
  row: number,
  from: PanelMatrix,
  fromRow: number,
  rows: number,
  first = 0,
  last = forward.panels,
): void {
  const target = shifted(to, first, row);
  kernels.fillRows(target, offsetBy(biasPadded, first * ROW), rows, last - first);
  addProduct(
    { kernels },
    target,
    shifted(from, 0, fromRow),
    partOf(forward, first, 0, last - first),
    rows,
    columnPanels(columns),
  );
}

/** Rows from `row` on of `to` = (with `add` +=) rows from `fromRow` on of `from` times the weight, transposed. */
export function linearBackward(
  { kernels }: Context,
  { backward, outputs }: Linear,
  to: PanelMatrix,
  row: number,
  from: PanelMatrix,
  fromRow: number,
  rows: number,
  add = false,
): void {
  const w = backward!;
  if (!add) clearPanels({ kernels }, to, row, rows, w.panels);
  addProduct({ kernels }, shifted(to, 0, row), shifted(from, 0, fromRow), w, rows, columnPanels(outputs));
}

/**
 * The first `rows` rows of `to` += those of the first `blocks` panels of `from` times a packed weight or another panel
 * matrix, for its panels.
 */
export function addProduct(
  { kernels }: Pick<Context, 'kernels'>,
  to: PanelMatrix,
  from: PanelMatrix,
  w: Packed,
  rows: number,
  blocks: number,
): void {
  const multiply = w.pairs ? kernels.productPairs : kernels.productRows;
  multiply(to, from, w, rows, w.panels, blocks);
}

/** Clears rows from `row` on of a matrix's first panels. */
export function clearPanels(
  { kernels }: Pick<Context, 'kernels'>,
  matrix: PanelMatrix,
  row: number,
  rows: number,
  panels = matrix.panels,
): void {
  kernels.clearRows(shifted(matrix, 0, row), rows, panels);
}

/** Clears rows from `row` on of one panel. */
export function clearPanel(
  { kernels }: Pick<Context, 'kernels'>,
  matrix: PanelMatrix,
  panel: number,
  row: number,
  rows: number,
): void {
  kernels.clear(at(matrix, panel, row), rows * PANEL);
}
