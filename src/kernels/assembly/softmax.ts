/**
 * Softmax and cross-entropy over the rows of a panel matrix of logits. Panels are walked in the outer loop and rows
 * in the inner one, so that memory is read in order; what belongs to a row is kept beside, 16 equal lanes a row.
 * Padded columns hold a logit of about -1e30 (the padded bias), whose exponential is exactly 0.
 */

import { expNegative, laneMax, laneSum } from './math';
import { PANEL, panelOf, ROW, rowBytes, VECTOR } from './panel';

/**
 * Replaces logits by exp(logit - largest of the row). `largest` and `sums`, (rows, 16), get the row's largest logit
 * and the row's sum of exponentials in every lane.
 */
export function softmaxExponentials(
  logits: usize,
  logitsStep: usize,
  rows: i32,
  panels: i32,
  largest: usize,
  sums: usize,
): void {
  const bytes = rowBytes(rows);
  for (let at: usize = 0; at < bytes; at += 32) {
    const first0 = v128.load(logits + at, 0);
    const first1 = v128.load(logits + at, 16);
    v128.store(largest + at, first0, 0);
    v128.store(largest + at, first1, 16);
  }
  for (let panel = 1; panel < panels; panel++) {
    const from = logits + <usize>panel * logitsStep;
    for (let at: usize = 0; at < bytes; at += 32) {
      const more0 = f32x4.pmax(v128.load(largest + at, 0), v128.load(from + at, 0));
      const more1 = f32x4.pmax(v128.load(largest + at, 16), v128.load(from + at, 16));
      v128.store(largest + at, more0, 0);
      v128.store(largest + at, more1, 16);
    }
  }
  for (let row = largest; row < largest + bytes; row += ROW) {
    const m = laneMax(
      f32x4.pmax(
        f32x4.pmax(v128.load(row, 0), v128.load(row, 16)),
        f32x4.pmax(v128.load(row, 32), v128.load(row, 48)),
      ),
    );
    splatRow(row, m);
  }
  for (let at: usize = 0; at < bytes; at += 32) {
    v128.store(sums + at, f32x4.splat(0), 0);
    v128.store(sums + at, f32x4.splat(0), 16);
  }
  for (let panel = 0; panel < panels; panel++) {
    const from = logits + <usize>panel * logitsStep;
    for (let at: usize = 0; at < bytes; at += 32) {
      const e0 = expNegative(f32x4.sub(v128.load(from + at, 0), v128.load(largest + at, 0)));
      const e1 = expNegative(f32x4.sub(v128.load(from + at, 16), v128.load(largest + at, 16)));
      const sum0 = f32x4.add(v128.load(sums + at, 0), e0);
      const sum1 = f32x4.add(v128.load(sums + at, 16), e1);
      v128.store(from + at, e0, 0);
      v128.store(from + at, e1, 16);
      v128.store(sums + at, sum0, 0);
      v128.store(sums + at, sum1, 16);
    }
  }
  for (let row = sums; row < sums + bytes; row += ROW) {
    const sum = laneSum(
      f32x4.add(
        f32x4.add(v128.load(row, 0), v128.load(row, 16)),
        f32x4.add(v128.load(row, 32), v128.load(row, 48)),
      ),
    );
    splatRow(row, sum);
  }
}

/** Multiplies each row by its factor, (rows, 16) with a row's factor in every lane. */
export function scaleRows(values: usize, valuesStep: usize, rows: i32, panels: i32, factors: usize): void {
  const bytes = rowBytes(rows);
  for (let panel = 0; panel < panels; panel++) {
    const from = values + <usize>panel * valuesStep;
    for (let at: usize = 0; at < bytes; at += 32) {
      const scaled0 = f32x4.mul(v128.load(from + at, 0), v128.load(factors + at, 0));
      const scaled1 = f32x4.mul(v128.load(from + at, 16), v128.load(factors + at, 16));
      v128.store(from + at, scaled0, 0);
      v128.store(from + at, scaled1, 16);
    }
  }
}

/** Subtracts its shift from each row's first `columns` columns; (rows, 16) with a row's shift in every lane. */
export function shiftRows(values: usize, valuesStep: usize, rows: i32, columns: i32, shifts: usize): void {
  for (let column = 0; column < columns; column += PANEL) {
    const left = i32x4.splat(columns - column);
    const inside0 = i32x4.gt_s(left, i32x4(0, 1, 2, 3));
    const inside1 = i32x4.gt_s(left, i32x4(4, 5, 6, 7));
    const inside2 = i32x4.gt_s(left, i32x4(8, 9, 10, 11));
    const inside3 = i32x4.gt_s(left, i32x4(12, 13, 14, 15));
    for (let row: usize = 0; row < rowBytes(rows); row += ROW) {
      const shift = v128.load(shifts + row);
      v128.store(values + row, f32x4.sub(v128.load(values + row, 0), v128.and(shift, inside0)), 0);
      v128.store(values + row, f32x4.sub(v128.load(values + row, 16), v128.and(shift, inside1)), 16);
      v128.store(values + row, f32x4.sub(v128.load(values + row, 32), v128.and(shift, inside2)), 32);
      v128.store(values + row, f32x4.sub(v128.load(values + row, 48), v128.and(shift, inside3)), 48);
    }
    values += valuesStep;
  }
}

/** A logit so low that its exponential is 0, for columns past the end. */
const NO_LOGIT: f32 = -1e30;

/** The softmax of each row's first `columns` columns, in place; what the last panel has behind them becomes 0. */
export function softmaxRows(values: usize, valuesStep: usize, rows: i32, columns: i32): void {
  if (columns == 0) return;
  const whole = panelOf(columns - 1);
  const left = i32x4.splat(columns - whole * PANEL);
  const inside0 = i32x4.gt_s(left, i32x4(0, 1, 2, 3));
  const inside1 = i32x4.gt_s(left, i32x4(4, 5, 6, 7));
  const inside2 = i32x4.gt_s(left, i32x4(8, 9, 10, 11));
  const inside3 = i32x4.gt_s(left, i32x4(12, 13, 14, 15));
  const none = f32x4.splat(NO_LOGIT);
  for (const end = values + rowBytes(rows); values < end; values += ROW) {
    const last = values + <usize>whole * valuesStep;
    const x0 = v128.bitselect(v128.load(last, 0), none, inside0);
    const x1 = v128.bitselect(v128.load(last, 16), none, inside1);
    const x2 = v128.bitselect(v128.load(last, 32), none, inside2);
    const x3 = v128.bitselect(v128.load(last, 48), none, inside3);
    let most = f32x4.pmax(f32x4.pmax(x0, x1), f32x4.pmax(x2, x3));
    for (let at = values; at < last; at += valuesStep) {
      most = f32x4.pmax(most, f32x4.pmax(v128.load(at, 0), v128.load(at, 16)));
      most = f32x4.pmax(most, f32x4.pmax(v128.load(at, 32), v128.load(at, 48)));
    }
    const largest = f32x4.splat(laneMax(most));
    const e0 = expNegative(f32x4.sub(x0, largest));
    const e1 = expNegative(f32x4.sub(x1, largest));
    const e2 = expNegative(f32x4.sub(x2, largest));
    const e3 = expNegative(f32x4.sub(x3, largest));
    let sums = f32x4.add(f32x4.add(e0, e1), f32x4.add(e2, e3));
    for (let at = values; at < last; at += valuesStep) {
      for (let lane: usize = 0; lane < ROW; lane += VECTOR) {
        const e = expNegative(f32x4.sub(v128.load(at + lane), largest));
        sums = f32x4.add(sums, e);
        v128.store(at + lane, e);
      }
    }
    const factor = f32x4.splat(1 / laneSum(sums));
    v128.store(last, f32x4.mul(e0, factor), 0);
    v128.store(last, f32x4.mul(e1, factor), 16);
    v128.store(last, f32x4.mul(e2, factor), 32);
    v128.store(last, f32x4.mul(e3, factor), 48);
    for (let at = values; at < last; at += valuesStep) {
      for (let lane: usize = 0; lane < ROW; lane += VECTOR) {
        v128.store(at + lane, f32x4.mul(v128.load(at + lane), factor));
      }
    }
  }
}

/** From the gradient of a row's probabilities to that of its logits: d = p * (d - sum of p * d), in place. */
export function softmaxBackward(p: usize, pStep: usize, d: usize, dStep: usize, rows: i32, panels: i32): void {
  for (let r = 0; r < rows; r++) {
    const row = rowBytes(r);
    let sums = f32x4.splat(0);
    for (let panel = 0; panel < panels; panel++) {
      const from = p + <usize>panel * pStep + row;
      const to = d + <usize>panel * dStep + row;
      for (let at: usize = 0; at < ROW; at += VECTOR) {
        sums = f32x4.add(sums, f32x4.mul(v128.load(from + at), v128.load(to + at)));
      }
    }
    const sum = f32x4.splat(laneSum(sums));
    for (let panel = 0; panel < panels; panel++) {
      const from = p + <usize>panel * pStep + row;
      const to = d + <usize>panel * dStep + row;
      for (let at: usize = 0; at < ROW; at += VECTOR) {
        v128.store(to + at, f32x4.mul(v128.load(from + at), f32x4.sub(v128.load(to + at), sum)));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function splatRow(row: usize, value: f32): void {
  const lanes = f32x4.splat(value);
  v128.store(row, lanes, 0);
  v128.store(row, lanes, 16);
  v128.store(row, lanes, 32);
  v128.store(row, lanes, 48);
}
