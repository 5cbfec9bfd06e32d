/**
 * Moving values between row-major parameters and panel matrices (see product.ts), and rows between panel matrices.
 * Row-major matrices have `columns` columns, `stride` floats from row to row. Padding of a panel matrix is never
 * written: it stays 0.
 */

import { columnIn, PANEL, panelOf, ROW, rowBytes, VECTOR } from './panel';

/** Panel matrix (rows x columns) = a row-major matrix. */
export function packRows(to: usize, toStep: usize, from: usize, stride: i32, rows: i32, columns: i32): void {
  const whole = columns & -PANEL;
  for (let r = 0; r < rows; r++) {
    const row = from + (<usize>r * stride << 2);
    let target = to + rowBytes(r);
    for (let j = 0; j < whole; j += PANEL) {
      const source = row + (<usize>j << 2);
      v128.store(target, v128.load(source, 0), 0);
      v128.store(target, v128.load(source, 16), 16);
      v128.store(target, v128.load(source, 32), 32);
      v128.store(target, v128.load(source, 48), 48);
      target += toStep;
    }
    for (let j = whole; j < columns; j++) {
      store<f32>(target + (<usize>(j - whole) << 2), load<f32>(row + (<usize>j << 2)));
    }
  }
}

/** A row-major matrix = panel matrix (rows x columns). */
export function unpackRows(from: usize, fromStep: usize, to: usize, stride: i32, rows: i32, columns: i32): void {
  const whole = columns & -PANEL;
  for (let r = 0; r < rows; r++) {
    const row = to + (<usize>r * stride << 2);
    let source = from + rowBytes(r);
    for (let j = 0; j < whole; j += PANEL) {
      const target = row + (<usize>j << 2);
      v128.store(target, v128.load(source, 0), 0);
      v128.store(target, v128.load(source, 16), 16);
      v128.store(target, v128.load(source, 32), 32);
      v128.store(target, v128.load(source, 48), 48);
      source += fromStep;
    }
    for (let j = whole; j < columns; j++) {
      store<f32>(row + (<usize>j << 2), load<f32>(source + (<usize>(j - whole) << 2)));
    }
  }
}

/** A row-major matrix += panel matrix (rows x columns). */
export function addRows(from: usize, fromStep: usize, to: usize, stride: i32, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    const row = to + (<usize>r * stride << 2);
    for (let j = 0; j < columns; j++) {
      const target = row + (<usize>j << 2);
      const source = from + <usize>panelOf(j) * fromStep + rowBytes(r) + (<usize>columnIn(j) << 2);
      store<f32>(target, load<f32>(target) + load<f32>(source));
    }
  }
}

/** 4 x 4 floats, transposed: rows of the source `fromStride` bytes apart, of the target `toStride`. */
// @ts-ignore: decorator
@inline
function transpose4(from: usize, fromStride: usize, to: usize, toStride: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + fromStride);
  const c = v128.load(from + fromStride * 2);
  const d = v128.load(from + fromStride * 3);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to + toStride, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  v128.store(to + toStride * 2, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + toStride * 3, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/** Panel matrix (columns x rows) = a row-major matrix (rows x columns), transposed. */
export function packTransposed(to: usize, toStep: usize, from: usize, stride: i32, rows: i32, columns: i32): void {
  const stride4 = <usize>stride << 2;
  for (let r = 0; r < rows; r += 4) {
    const panel = to + <usize>panelOf(r) * toStep + (<usize>columnIn(r) << 2);
    const source = from + <usize>r * stride4;
    const wholeColumns = rows - r >= 4 ? columns & ~3 : 0;
    for (let k = 0; k < wholeColumns; k += 4) {
      transpose4(source + (<usize>k << 2), stride4, panel + rowBytes(k), ROW);
    }
    for (let i = r; i < min(r + 4, rows); i++) {
      for (let k = wholeColumns; k < columns; k++) {
        store<f32>(panel + (<usize>(i - r) << 2) + rowBytes(k), load<f32>(from + <usize>i * stride4 + (<usize>k << 2)));
      }
    }
  }
}

/** A row-major matrix (rows x columns) = panel matrix (columns x rows), transposed. */
export function unpackTransposed(from: usize, fromStep: usize, to: usize, stride: i32, rows: i32, columns: i32): void {
  const stride4 = <usize>stride << 2;
  for (let r = 0; r < rows; r += 4) {
    const panel = from + <usize>panelOf(r) * fromStep + (<usize>columnIn(r) << 2);
    const target = to + <usize>r * stride4;
    const wholeColumns = rows - r >= 4 ? columns & ~3 : 0;
    for (let k = 0; k < wholeColumns; k += 4) {
      transpose4(panel + rowBytes(k), ROW, target + (<usize>k << 2), stride4);
    }
    for (let i = r; i < min(r + 4, rows); i++) {
      for (let k = wholeColumns; k < columns; k++) {
        store<f32>(to + <usize>i * stride4 + (<usize>k << 2), load<f32>(panel + (<usize>(i - r) << 2) + rowBytes(k)));
      }
    }
  }
}

/** n floats of 0; n is a multiple of 4. */
export function clear(to: usize, n: i32): void {
  for (const end = to + (<usize>n << 2); to < end; to += VECTOR) v128.store(to, f32x4.splat(0));
}

/** Rows of a panel matrix (rows x panels) = 0. */
export function clearRows(to: usize, toStep: usize, rows: i32, panels: i32): void {
  for (let panel = 0; panel < panels; panel++) clear(to + <usize>panel * toStep, rows * PANEL);
}

/** Every row of a panel matrix (rows x panels) = `values` (16 * panels). */
export function fillRows(to: usize, toStep: usize, values: usize, rows: i32, panels: i32): void {
  for (let panel = 0; panel < panels; panel++) {
    const value = values + rowBytes(panel);
    const a = v128.load(value, 0);
    const b = v128.load(value, 16);
    const c = v128.load(value, 32);
    const d = v128.load(value, 48);
    let target = to + <usize>panel * toStep;
    for (const end = target + rowBytes(rows); target < end; target += ROW) {
      v128.store(target, a, 0);
      v128.store(target, b, 16);
      v128.store(target, c, 32);
      v128.store(target, d, 48);
    }
  }
}

/** Every row of a panel matrix (rows x panels) += `values` (16 * panels). */
export function addToRows(to: usize, toStep: usize, values: usize, rows: i32, panels: i32): void {
  for (let panel = 0; panel < panels; panel++) {
    const value = values + rowBytes(panel);
    let target = to + <usize>panel * toStep;
    for (const end = target + rowBytes(rows); target < end; target += ROW) {
      for (let at: usize = 0; at < ROW; at += VECTOR) {
        v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(value + at)));
      }
    }
  }
}

/** Row r = row `index[r]` of `table`; both panel matrices of `panels` panels, the indices 32-bit integers. */
export function gatherRows(
  to: usize,
  toStep: usize,
  table: usize,
  tableStep: usize,
  index: usize,
  rows: i32,
  panels: i32,
): void {
  for (let panel = 0; panel < panels; panel++) {
    const from = table + <usize>panel * tableStep;
    const target = to + <usize>panel * toStep;
    for (let r = 0; r < rows; r++) {
      const source = from + rowBytes(load<i32>(index + (<usize>r << 2)));
      const row = target + rowBytes(r);
      v128.store(row, v128.load(source, 0), 0);
      v128.store(row, v128.load(source, 16), 16);
      v128.store(row, v128.load(source, 32), 32);
      v128.store(row, v128.load(source, 48), 48);
    }
  }
}

/** Row `index[r]` of `table` = row r; both panel matrices of `panels` panels. */
export function placeRows(
  table: usize,
  tableStep: usize,
  from: usize,
  fromStep: usize,
  index: usize,
  rows: i32,
  panels: i32,
): void {
  for (let panel = 0; panel < panels; panel++) {
    const to = table + <usize>panel * tableStep;
    const source = from + <usize>panel * fromStep;
    for (let r = 0; r < rows; r++) {
      const target = to + rowBytes(load<i32>(index + (<usize>r << 2)));
      const row = source + rowBytes(r);
      v128.store(target, v128.load(row, 0), 0);
      v128.store(target, v128.load(row, 16), 16);
      v128.store(target, v128.load(row, 32), 32);
      v128.store(target, v128.load(row, 48), 48);
    }
  }
}

/** Row `index[r]` of `table` += row r, in the order of the rows; both panel matrices of `panels` panels. */
export function scatterRows(
  table: usize,
  tableStep: usize,
  from: usize,
  fromStep: usize,
  index: usize,
  rows: i32,
  panels: i32,
): void {
  for (let panel = 0; panel < panels; panel++) {
    const to = table + <usize>panel * tableStep;
    const source = from + <usize>panel * fromStep;
    for (let r = 0; r < rows; r++) {
      const target = to + rowBytes(load<i32>(index + (<usize>r << 2)));
      const row = source + rowBytes(r);
      v128.store(target, f32x4.add(v128.load(target, 0), v128.load(row, 0)), 0);
      v128.store(target, f32x4.add(v128.load(target, 16), v128.load(row, 16)), 16);
      v128.store(target, f32x4.add(v128.load(target, 32), v128.load(row, 32)), 32);
      v128.store(target, f32x4.add(v128.load(target, 48), v128.load(row, 48)), 48);
    }
  }
}

/** Row r of a panel matrix = row `index[r]` of a row-major matrix: the embedding of a token. */
export function gatherEmbedding(to: usize, toStep: usize, from: usize, columns: i32, index: usize, rows: i32): void {
  for (let r = 0; r < rows; r++) {
    const row = from + (<usize>load<i32>(index + (<usize>r << 2)) * columns << 2);
    packRows(to + rowBytes(r), toStep, row, columns, 1, columns);
  }
}

/**
 * Row `index[r]` of a row-major matrix += row r of a panel matrix, in the order of the rows, for the columns from
 * `first` to `last` - 1, `first` a multiple of 16.
 */
export function scatterEmbedding(
  to: usize,
  columns: i32,
  from: usize,
  fromStep: usize,
  index: usize,
  rows: i32,
  first: i32,
  last: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const target = to + (<usize>load<i32>(index + (<usize>r << 2)) * columns << 2);
    for (let j = first; j < last; j += PANEL) {
      const source = from + <usize>panelOf(j) * fromStep + rowBytes(r);
      const to = target + (<usize>j << 2);
      if (last - j < PANEL) {
        addRows(source, fromStep, to, columns, 1, last - j);
        continue;
      }
      for (let at: usize = 0; at < ROW; at += VECTOR) {
        v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(source + at)));
      }
    }
  }
}
