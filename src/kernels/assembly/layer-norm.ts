/**
 * Layer normalization (Ba, Kiros and Hinton 2016) of rows spread over panels. Of each row the mean and 1 /
 * sqrt(variance + 1e-5) are kept, one float a row. `gain` and `bias` are (16 * panels) like a row, padded. A row's sums
 * run over its panels in order, in 16 lanes, whatever the other rows.
 */

import { laneSum, madd } from './math';
import { PANEL, panelOf, ROW, rowBytes } from './panel';

/** What is added to a variance: torch.nn.LayerNorm's default. */
const EPSILON: f32 = 1e-5;

/** A panel's row of ones and one of zeros; the row from lane 16 - n on keeps n columns. */
const MASKS: usize = memory.data<i32>([
  -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

/** A mask for the columns, of `columns`, that a panel has. */
// @ts-ignore: decorator
@inline
function maskOf(columns: i32, panel: i32): usize {
  return MASKS + (<usize>(PANEL - min(columns - panel * PANEL, PANEL)) << 2);
}

// @ts-ignore: decorator
@inline
function sumOf(a: v128, b: v128, c: v128, d: v128): f32 {
  return laneSum(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

// @ts-ignore: decorator
@inline
function normalized(x: v128, mean: v128, inverse: v128): v128 {
  return f32x4.mul(f32x4.sub(x, mean), inverse);
}

/**
 * to = gain * (from - mean) / sqrt(variance + 1e-5) + bias over a row's first `columns` columns, 0 behind them; the
 * variance is the population's. `mean` and `inverse`, (rows), get each row's mean and 1 / sqrt(variance + 1e-5).
 * `gain` and `bias` are padded rows, (16 * panels). `to` may be `from`.
 */
export function layerNorm(
  to: usize,
  toStep: usize,
  from: usize,
  fromStep: usize,
  gain: usize,
  bias: usize,
  mean: usize,
  inverse: usize,
  rows: i32,
  columns: i32,
): void {
  const panels = panelOf(columns + PANEL - 1);
  for (let r = 0; r < rows; r++) {
    const source = from + rowBytes(r);
    const target = to + rowBytes(r);
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    for (let panel = 0; panel < panels; panel++) {
      const x = source + <usize>panel * fromStep;
      const mask = maskOf(columns, panel);
      s0 = f32x4.add(s0, v128.and(v128.load(x, 0), v128.load(mask, 0)));
      s1 = f32x4.add(s1, v128.and(v128.load(x, 16), v128.load(mask, 16)));
      s2 = f32x4.add(s2, v128.and(v128.load(x, 32), v128.load(mask, 32)));
      s3 = f32x4.add(s3, v128.and(v128.load(x, 48), v128.load(mask, 48)));
    }
    const average = sumOf(s0, s1, s2, s3) / <f32>columns;
    const m = f32x4.splat(average);
    s0 = s1 = s2 = s3 = f32x4.splat(0);
    for (let panel = 0; panel < panels; panel++) {
      const x = source + <usize>panel * fromStep;
      const mask = maskOf(columns, panel);
      const d0 = v128.and(f32x4.sub(v128.load(x, 0), m), v128.load(mask, 0));
      const d1 = v128.and(f32x4.sub(v128.load(x, 16), m), v128.load(mask, 16));
      const d2 = v128.and(f32x4.sub(v128.load(x, 32), m), v128.load(mask, 32));
      const d3 = v128.and(f32x4.sub(v128.load(x, 48), m), v128.load(mask, 48));
      s0 = madd(d0, d0, s0);
      s1 = madd(d1, d1, s1);
      s2 = madd(d2, d2, s2);
      s3 = madd(d3, d3, s3);
    }
    const factor = <f32>1 / sqrt<f32>(sumOf(s0, s1, s2, s3) / <f32>columns + EPSILON);
    const i = f32x4.splat(factor);
    store<f32>(mean + (<usize>r << 2), average);
    store<f32>(inverse + (<usize>r << 2), factor);
    for (let panel = 0; panel < panels; panel++) {
      const x = source + <usize>panel * fromStep;
      const y = target + <usize>panel * toStep;
      const g = gain + rowBytes(panel);
      const b = bias + rowBytes(panel);
      const mask = maskOf(columns, panel);
      const n0 = normalized(v128.load(x, 0), m, i);
      const n1 = normalized(v128.load(x, 16), m, i);
      const n2 = normalized(v128.load(x, 32), m, i);
      const n3 = normalized(v128.load(x, 48), m, i);
      const y0 = v128.and(madd(n0, v128.load(g, 0), v128.load(b, 0)), v128.load(mask, 0));
      const y1 = v128.and(madd(n1, v128.load(g, 16), v128.load(b, 16)), v128.load(mask, 16));
      const y2 = v128.and(madd(n2, v128.load(g, 32), v128.load(b, 32)), v128.load(mask, 32));
      const y3 = v128.and(madd(n3, v128.load(g, 48), v128.load(b, 48)), v128.load(mask, 48));
      v128.store(y, y0, 0);
      v128.store(y, y1, 16);
      v128.store(y, y2, 32);
      v128.store(y, y3, 48);
    }
  }
}

/**
 * The gradient of `from`. With x = (from - mean) * inverse, d = gain * dTo: dFrom = inverse * (d - mean(d) - x *
 * mean(d * x)), with means over the row's columns; 0 behind them. `dFrom` may be `dTo` or `from`.
 */
export function layerNormBackward(
  dFrom: usize,
  dFromStep: usize,
  dTo: usize,
  dToStep: usize,
  from: usize,
  fromStep: usize,
  gain: usize,
  mean: usize,
  inverse: usize,
  rows: i32,
  columns: i32,
): void {
  const panels = panelOf(columns + PANEL - 1);
  for (let r = 0; r < rows; r++) {
    const source = from + rowBytes(r);
    const dSource = dTo + rowBytes(r);
    const target = dFrom + rowBytes(r);
    const m = v128.load32_splat(mean + (<usize>r << 2));
    const i = v128.load32_splat(inverse + (<usize>r << 2));
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    let t0 = f32x4.splat(0), t1 = f32x4.splat(0), t2 = f32x4.splat(0), t3 = f32x4.splat(0);
    for (let panel = 0; panel < panels; panel++) {
      const x = source + <usize>panel * fromStep;
      const d = dSource + <usize>panel * dToStep;
      const g = gain + rowBytes(panel);
      const mask = maskOf(columns, panel);
      const d0 = v128.and(f32x4.mul(v128.load(d, 0), v128.load(g, 0)), v128.load(mask, 0));
      const d1 = v128.and(f32x4.mul(v128.load(d, 16), v128.load(g, 16)), v128.load(mask, 16));
      const d2 = v128.and(f32x4.mul(v128.load(d, 32), v128.load(g, 32)), v128.load(mask, 32));
      const d3 = v128.and(f32x4.mul(v128.load(d, 48), v128.load(g, 48)), v128.load(mask, 48));
      s0 = f32x4.add(s0, d0);
      s1 = f32x4.add(s1, d1);
      s2 = f32x4.add(s2, d2);
      s3 = f32x4.add(s3, d3);
      t0 = madd(d0, normalized(v128.load(x, 0), m, i), t0);
      t1 = madd(d1, normalized(v128.load(x, 16), m, i), t1);
      t2 = madd(d2, normalized(v128.load(x, 32), m, i), t2);
      t3 = madd(d3, normalized(v128.load(x, 48), m, i), t3);
    }
    const s = f32x4.splat(sumOf(s0, s1, s2, s3) / <f32>columns);
    const t = f32x4.splat(sumOf(t0, t1, t2, t3) / <f32>columns);
    for (let panel = 0; panel < panels; panel++) {
      const x = source + <usize>panel * fromStep;
      const d = dSource + <usize>panel * dToStep;
      const g = gain + rowBytes(panel);
      const y = target + <usize>panel * dFromStep;
      const mask = maskOf(columns, panel);
      const d0 = f32x4.mul(v128.load(d, 0), v128.load(g, 0));
      const d1 = f32x4.mul(v128.load(d, 16), v128.load(g, 16));
      const d2 = f32x4.mul(v128.load(d, 32), v128.load(g, 32));
      const d3 = f32x4.mul(v128.load(d, 48), v128.load(g, 48));
      const y0 = v128.and(inputGradient(d0, v128.load(x, 0), m, i, s, t), v128.load(mask, 0));
      const y1 = v128.and(inputGradient(d1, v128.load(x, 16), m, i, s, t), v128.load(mask, 16));
      const y2 = v128.and(inputGradient(d2, v128.load(x, 32), m, i, s, t), v128.load(mask, 32));
      const y3 = v128.and(inputGradient(d3, v128.load(x, 48), m, i, s, t), v128.load(mask, 48));
      v128.store(y, y0, 0);
      v128.store(y, y1, 16);
      v128.store(y, y2, 32);
      v128.store(y, y3, 48);
    }
  }
}

/** `s` and `t` are the row's means of d and of d * x, x being the normalized `from`. */
// @ts-ignore: decorator
@inline
function inputGradient(d: v128, from: v128, mean: v128, inverse: v128, s: v128, t: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.sub(d, s), f32x4.mul(normalized(from, mean, inverse), t)), inverse);
}

/**
 * Row by row, dGain += dTo * x with x = (from - mean) * inverse, and dBias += dTo: over the time steps that it is called
 * for they become each row's sums. All four are panel matrices of `panels` panels.
 */
export function layerNormGradient(
  dGain: usize,
  dGainStep: usize,
  dBias: usize,
  dBiasStep: usize,
  dTo: usize,
  dToStep: usize,
  from: usize,
  fromStep: usize,
  mean: usize,
  inverse: usize,
  rows: i32,
  panels: i32,
): void {
  for (let panel = 0; panel < panels; panel++) {
    let g = dGain + <usize>panel * dGainStep;
    let b = dBias + <usize>panel * dBiasStep;
    let d = dTo + <usize>panel * dToStep;
    let x = from + <usize>panel * fromStep;
    for (let r = 0; r < rows; r++) {
      const m = v128.load32_splat(mean + (<usize>r << 2));
      const i = v128.load32_splat(inverse + (<usize>r << 2));
      const d0 = v128.load(d, 0), d1 = v128.load(d, 16), d2 = v128.load(d, 32), d3 = v128.load(d, 48);
      const g0 = madd(d0, normalized(v128.load(x, 0), m, i), v128.load(g, 0));
      const g1 = madd(d1, normalized(v128.load(x, 16), m, i), v128.load(g, 16));
      const g2 = madd(d2, normalized(v128.load(x, 32), m, i), v128.load(g, 32));
      const g3 = madd(d3, normalized(v128.load(x, 48), m, i), v128.load(g, 48));
      const b0 = f32x4.add(v128.load(b, 0), d0);
      const b1 = f32x4.add(v128.load(b, 16), d1);
      const b2 = f32x4.add(v128.load(b, 32), d2);
      const b3 = f32x4.add(v128.load(b, 48), d3);
      v128.store(g, g0, 0);
      v128.store(g, g1, 16);
      v128.store(g, g2, 32);
      v128.store(g, g3, 48);
      v128.store(b, b0, 0);
      v128.store(b, b1, 16);
      v128.store(b, b2, 32);
      v128.store(b, b3, 48);
      g += ROW;
      b += ROW;
      d += ROW;
      x += ROW;
    }
  }
}
