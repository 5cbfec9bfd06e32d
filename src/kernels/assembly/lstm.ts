/**
 * The LSTM's pointwise part (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000), for one
 * panel of 16 units and some rows of one time step. `z` is the panel of gate i; those of f, g, o follow `zStep` bytes
 * apart. Forward and backward come whole, and in two halves for who puts something between c and tanh.
 */

import { logistic, logisticSlope, madd, tanh, tanhSlope } from './math';
import { rowBytes } from './panel';

/**
 * Takes the gates' sums in z = (zi, zf, zg, zo), leaves their values there:
 * i = logistic(zi), f = logistic(zf), g = tanh(zg), o = logistic(zo), c = f * cPrevious + i * g, h = o * tanh(c).
 */
export function lstmForward(z: usize, zStep: usize, cPrevious: usize, c: usize, h: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const i0 = logistic(v128.load(z, 0));
    const i1 = logistic(v128.load(z, 16));
    const f0 = logistic(v128.load(z + zStep, 0));
    const f1 = logistic(v128.load(z + zStep, 16));
    const g0 = tanh(v128.load(z + zStep * 2, 0));
    const g1 = tanh(v128.load(z + zStep * 2, 16));
    const o0 = logistic(v128.load(z + zStep * 3, 0));
    const o1 = logistic(v128.load(z + zStep * 3, 16));
    const c0 = madd(f0, v128.load(cPrevious, 0), f32x4.mul(i0, g0));
    const c1 = madd(f1, v128.load(cPrevious, 16), f32x4.mul(i1, g1));
    const h0 = f32x4.mul(o0, tanh(c0));
    const h1 = f32x4.mul(o1, tanh(c1));
    v128.store(z, i0, 0);
    v128.store(z, i1, 16);
    v128.store(z + zStep, f0, 0);
    v128.store(z + zStep, f1, 16);
    v128.store(z + zStep * 2, g0, 0);
    v128.store(z + zStep * 2, g1, 16);
    v128.store(z + zStep * 3, o0, 0);
    v128.store(z + zStep * 3, o1, 16);
    v128.store(c, c0, 0);
    v128.store(c, c1, 16);
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    cPrevious += 32;
    c += 32;
    h += 32;
  }
}

/**
 * Takes the gates' values in z, leaves the gradients of their sums there. `dh` is the gradient of h; `dc` that of c
 * coming from the next time step, replaced by the one for the time step before.
 */
export function lstmBackward(
  z: usize,
  zStep: usize,
  cPrevious: usize,
  c: usize,
  dh: usize,
  dc: usize,
  rows: i32,
): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const i0 = v128.load(z, 0);
    const i1 = v128.load(z, 16);
    const f0 = v128.load(z + zStep, 0);
    const f1 = v128.load(z + zStep, 16);
    const g0 = v128.load(z + zStep * 2, 0);
    const g1 = v128.load(z + zStep * 2, 16);
    const o0 = v128.load(z + zStep * 3, 0);
    const o1 = v128.load(z + zStep * 3, 16);
    const tanhC0 = tanh(v128.load(c, 0));
    const tanhC1 = tanh(v128.load(c, 16));
    const dh0 = v128.load(dh, 0);
    const dh1 = v128.load(dh, 16);
    const dc0 = madd(f32x4.mul(dh0, o0), tanhSlope(tanhC0), v128.load(dc, 0));
    const dc1 = madd(f32x4.mul(dh1, o1), tanhSlope(tanhC1), v128.load(dc, 16));
    const di0 = f32x4.mul(f32x4.mul(dc0, g0), logisticSlope(i0));
    const di1 = f32x4.mul(f32x4.mul(dc1, g1), logisticSlope(i1));
    const df0 = f32x4.mul(f32x4.mul(dc0, v128.load(cPrevious, 0)), logisticSlope(f0));
    const df1 = f32x4.mul(f32x4.mul(dc1, v128.load(cPrevious, 16)), logisticSlope(f1));
    const dg0 = f32x4.mul(f32x4.mul(dc0, i0), tanhSlope(g0));
    const dg1 = f32x4.mul(f32x4.mul(dc1, i1), tanhSlope(g1));
    const do0 = f32x4.mul(f32x4.mul(dh0, tanhC0), logisticSlope(o0));
    const do1 = f32x4.mul(f32x4.mul(dh1, tanhC1), logisticSlope(o1));
    const dcPrevious0 = f32x4.mul(dc0, f0);
    const dcPrevious1 = f32x4.mul(dc1, f1);
    v128.store(z, di0, 0);
    v128.store(z, di1, 16);
    v128.store(z + zStep, df0, 0);
    v128.store(z + zStep, df1, 16);
    v128.store(z + zStep * 2, dg0, 0);
    v128.store(z + zStep * 2, dg1, 16);
    v128.store(z + zStep * 3, do0, 0);
    v128.store(z + zStep * 3, do1, 16);
    v128.store(dc, dcPrevious0, 0);
    v128.store(dc, dcPrevious1, 16);
    cPrevious += 32;
    c += 32;
    dh += 32;
    dc += 32;
  }
}

/**
 * The half before tanh: takes the gates' sums in z = (zi, zf, zg, zo), leaves their values there; c = f * cPrevious + i
 * * g.
 */
export function lstmCellForward(z: usize, zStep: usize, cPrevious: usize, c: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const i0 = logistic(v128.load(z, 0));
    const i1 = logistic(v128.load(z, 16));
    const f0 = logistic(v128.load(z + zStep, 0));
    const f1 = logistic(v128.load(z + zStep, 16));
    const g0 = tanh(v128.load(z + zStep * 2, 0));
    const g1 = tanh(v128.load(z + zStep * 2, 16));
    const o0 = logistic(v128.load(z + zStep * 3, 0));
    const o1 = logistic(v128.load(z + zStep * 3, 16));
    const c0 = madd(f0, v128.load(cPrevious, 0), f32x4.mul(i0, g0));
    const c1 = madd(f1, v128.load(cPrevious, 16), f32x4.mul(i1, g1));
    v128.store(z, i0, 0);
    v128.store(z, i1, 16);
    v128.store(z + zStep, f0, 0);
    v128.store(z + zStep, f1, 16);
    v128.store(z + zStep * 2, g0, 0);
    v128.store(z + zStep * 2, g1, 16);
    v128.store(z + zStep * 3, o0, 0);
    v128.store(z + zStep * 3, o1, 16);
    v128.store(c, c0, 0);
    v128.store(c, c1, 16);
    cPrevious += 32;
    c += 32;
  }
}

/** The half from there: h = o * tanh(c), for one panel of `o`. */
export function lstmOutputForward(o: usize, c: usize, h: usize, rows: i32): void {
  for (const end = o + rowBytes(rows); o < end; o += 32) {
    const h0 = f32x4.mul(v128.load(o, 0), tanh(v128.load(c, 0)));
    const h1 = f32x4.mul(v128.load(o, 16), tanh(v128.load(c, 16)));
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    c += 32;
    h += 32;
  }
}

/** Takes o, one panel, and the gradient of h; leaves the gradient of o's sum there, and in `dc` that of tanh's argument. */
export function lstmOutputBackward(o: usize, c: usize, dh: usize, dc: usize, rows: i32): void {
  for (const end = o + rowBytes(rows); o < end; o += 32) {
    const o0 = v128.load(o, 0);
    const o1 = v128.load(o, 16);
    const tanhC0 = tanh(v128.load(c, 0));
    const tanhC1 = tanh(v128.load(c, 16));
    const dh0 = v128.load(dh, 0);
    const dh1 = v128.load(dh, 16);
    const do0 = f32x4.mul(f32x4.mul(dh0, tanhC0), logisticSlope(o0));
    const do1 = f32x4.mul(f32x4.mul(dh1, tanhC1), logisticSlope(o1));
    const dc0 = f32x4.mul(f32x4.mul(dh0, o0), tanhSlope(tanhC0));
    const dc1 = f32x4.mul(f32x4.mul(dh1, o1), tanhSlope(tanhC1));
    v128.store(o, do0, 0);
    v128.store(o, do1, 16);
    v128.store(dc, dc0, 0);
    v128.store(dc, dc1, 16);
    c += 32;
    dh += 32;
    dc += 32;
  }
}

/**
 * Takes the values of i, f, g in z, leaves the gradients of their sums there. `dc` is the whole gradient of c, replaced
 * by what comes from it for the time step before.
 */
export function lstmCellBackward(z: usize, zStep: usize, cPrevious: usize, dc: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const i0 = v128.load(z, 0);
    const i1 = v128.load(z, 16);
    const f0 = v128.load(z + zStep, 0);
    const f1 = v128.load(z + zStep, 16);
    const g0 = v128.load(z + zStep * 2, 0);
    const g1 = v128.load(z + zStep * 2, 16);
    const dc0 = v128.load(dc, 0);
    const dc1 = v128.load(dc, 16);
    const di0 = f32x4.mul(f32x4.mul(dc0, g0), logisticSlope(i0));
    const di1 = f32x4.mul(f32x4.mul(dc1, g1), logisticSlope(i1));
    const df0 = f32x4.mul(f32x4.mul(dc0, v128.load(cPrevious, 0)), logisticSlope(f0));
    const df1 = f32x4.mul(f32x4.mul(dc1, v128.load(cPrevious, 16)), logisticSlope(f1));
    const dg0 = f32x4.mul(f32x4.mul(dc0, i0), tanhSlope(g0));
    const dg1 = f32x4.mul(f32x4.mul(dc1, i1), tanhSlope(g1));
    const dcPrevious0 = f32x4.mul(dc0, f0);
    const dcPrevious1 = f32x4.mul(dc1, f1);
    v128.store(z, di0, 0);
    v128.store(z, di1, 16);
    v128.store(z + zStep, df0, 0);
    v128.store(z + zStep, df1, 16);
    v128.store(z + zStep * 2, dg0, 0);
    v128.store(z + zStep * 2, dg1, 16);
    v128.store(dc, dcPrevious0, 0);
    v128.store(dc, dcPrevious1, 16);
    cPrevious += 32;
    dc += 32;
  }
}
