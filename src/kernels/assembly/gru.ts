/**
 * The GRU's pointwise parts (Cho et al. 2014), for one panel of 16 units and some rows of one time step. `z` is the
 * panel of the reset gate r; those of the update gate u (PyTorch's z) and of the candidate n follow `zStep` bytes
 * apart. In the form with the reset after the matrix a fourth panel keeps the recurrent part of the candidate's sum.
 */

import { logistic, logisticSlope, madd, tanh, tanhSlope } from './math';
import { rowBytes } from './panel';

/**
 * From z = (zr, zu, zx, zh): r = logistic(zr), u = logistic(zu), n = tanh(zx + r * zh), h = (1 - u) * n + u *
 * hPrevious. Leaves z = (r, u, n, zh).
 */
export function gruAfterForward(z: usize, zStep: usize, hPrevious: usize, h: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const r0 = logistic(v128.load(z, 0));
    const r1 = logistic(v128.load(z, 16));
    const u0 = logistic(v128.load(z + zStep, 0));
    const u1 = logistic(v128.load(z + zStep, 16));
    const n0 = tanh(madd(r0, v128.load(z + zStep * 3, 0), v128.load(z + zStep * 2, 0)));
    const n1 = tanh(madd(r1, v128.load(z + zStep * 3, 16), v128.load(z + zStep * 2, 16)));
    const h0 = madd(u0, f32x4.sub(v128.load(hPrevious, 0), n0), n0);
    const h1 = madd(u1, f32x4.sub(v128.load(hPrevious, 16), n1), n1);
    v128.store(z, r0, 0);
    v128.store(z, r1, 16);
    v128.store(z + zStep, u0, 0);
    v128.store(z + zStep, u1, 16);
    v128.store(z + zStep * 2, n0, 0);
    v128.store(z + zStep * 2, n1, 16);
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    hPrevious += 32;
    h += 32;
  }
}

/**
 * Takes z = (r, u, n, zh) as `gruAfterForward` left it, leaves the gradients of the four sums there; adds to
 * `dhPrevious` what the update gate passes on.
 */
export function gruAfterBackward(
  z: usize,
  zStep: usize,
  hPrevious: usize,
  dh: usize,
  dhPrevious: usize,
  rows: i32,
): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const r0 = v128.load(z, 0);
    const r1 = v128.load(z, 16);
    const u0 = v128.load(z + zStep, 0);
    const u1 = v128.load(z + zStep, 16);
    const n0 = v128.load(z + zStep * 2, 0);
    const n1 = v128.load(z + zStep * 2, 16);
    const zh0 = v128.load(z + zStep * 3, 0);
    const zh1 = v128.load(z + zStep * 3, 16);
    const dh0 = v128.load(dh, 0);
    const dh1 = v128.load(dh, 16);
    const dn0 = f32x4.mul(f32x4.sub(dh0, f32x4.mul(dh0, u0)), tanhSlope(n0));
    const dn1 = f32x4.mul(f32x4.sub(dh1, f32x4.mul(dh1, u1)), tanhSlope(n1));
    const du0 = f32x4.mul(f32x4.mul(dh0, f32x4.sub(v128.load(hPrevious, 0), n0)), logisticSlope(u0));
    const du1 = f32x4.mul(f32x4.mul(dh1, f32x4.sub(v128.load(hPrevious, 16), n1)), logisticSlope(u1));
    const dr0 = f32x4.mul(f32x4.mul(dn0, zh0), logisticSlope(r0));
    const dr1 = f32x4.mul(f32x4.mul(dn1, zh1), logisticSlope(r1));
    const dzh0 = f32x4.mul(dn0, r0);
    const dzh1 = f32x4.mul(dn1, r1);
    const dhPrevious0 = madd(dh0, u0, v128.load(dhPrevious, 0));
    const dhPrevious1 = madd(dh1, u1, v128.load(dhPrevious, 16));
    v128.store(z, dr0, 0);
    v128.store(z, dr1, 16);
    v128.store(z + zStep, du0, 0);
    v128.store(z + zStep, du1, 16);
    v128.store(z + zStep * 2, dn0, 0);
    v128.store(z + zStep * 2, dn1, 16);
    v128.store(z + zStep * 3, dzh0, 0);
    v128.store(z + zStep * 3, dzh1, 16);
    v128.store(dhPrevious, dhPrevious0, 0);
    v128.store(dhPrevious, dhPrevious1, 16);
    hPrevious += 32;
    dh += 32;
    dhPrevious += 32;
  }
}

/**
 * First half of the form with the reset before the matrix: r = logistic(zr), u = logistic(zu), resetH = r *
 * hPrevious. From z = (zr, zu, .) to (r, u, .).
 */
export function gruBeforeGates(z: usize, zStep: usize, hPrevious: usize, resetH: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const r0 = logistic(v128.load(z, 0));
    const r1 = logistic(v128.load(z, 16));
    const u0 = logistic(v128.load(z + zStep, 0));
    const u1 = logistic(v128.load(z + zStep, 16));
    const resetH0 = f32x4.mul(r0, v128.load(hPrevious, 0));
    const resetH1 = f32x4.mul(r1, v128.load(hPrevious, 16));
    v128.store(z, r0, 0);
    v128.store(z, r1, 16);
    v128.store(z + zStep, u0, 0);
    v128.store(z + zStep, u1, 16);
    v128.store(resetH, resetH0, 0);
    v128.store(resetH, resetH1, 16);
    hPrevious += 32;
    resetH += 32;
  }
}

/**
 * Second half of the form with the reset before the matrix: n = tanh(zn), h = (1 - u) * n + u * hPrevious. From z =
 * (r, u, zn) to (r, u, n).
 */
export function gruBeforeForward(z: usize, zStep: usize, hPrevious: usize, h: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const u0 = v128.load(z + zStep, 0);
    const u1 = v128.load(z + zStep, 16);
    const n0 = tanh(v128.load(z + zStep * 2, 0));
    const n1 = tanh(v128.load(z + zStep * 2, 16));
    const h0 = madd(u0, f32x4.sub(v128.load(hPrevious, 0), n0), n0);
    const h1 = madd(u1, f32x4.sub(v128.load(hPrevious, 16), n1), n1);
    v128.store(z + zStep * 2, n0, 0);
    v128.store(z + zStep * 2, n1, 16);
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    hPrevious += 32;
    h += 32;
  }
}

/**
 * Takes z = (., u, n), leaves the gradients of the two sums there; adds to `dhPrevious` what the update gate passes
 * on.
 */
export function gruBeforeBackward(
  z: usize,
  zStep: usize,
  hPrevious: usize,
  dh: usize,
  dhPrevious: usize,
  rows: i32,
): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const u0 = v128.load(z + zStep, 0);
    const u1 = v128.load(z + zStep, 16);
    const n0 = v128.load(z + zStep * 2, 0);
    const n1 = v128.load(z + zStep * 2, 16);
    const dh0 = v128.load(dh, 0);
    const dh1 = v128.load(dh, 16);
    const du0 = f32x4.mul(f32x4.mul(dh0, f32x4.sub(v128.load(hPrevious, 0), n0)), logisticSlope(u0));
    const du1 = f32x4.mul(f32x4.mul(dh1, f32x4.sub(v128.load(hPrevious, 16), n1)), logisticSlope(u1));
    const dn0 = f32x4.mul(f32x4.sub(dh0, f32x4.mul(dh0, u0)), tanhSlope(n0));
    const dn1 = f32x4.mul(f32x4.sub(dh1, f32x4.mul(dh1, u1)), tanhSlope(n1));
    const dhPrevious0 = madd(dh0, u0, v128.load(dhPrevious, 0));
    const dhPrevious1 = madd(dh1, u1, v128.load(dhPrevious, 16));
    v128.store(z + zStep, du0, 0);
    v128.store(z + zStep, du1, 16);
    v128.store(z + zStep * 2, dn0, 0);
    v128.store(z + zStep * 2, dn1, 16);
    v128.store(dhPrevious, dhPrevious0, 0);
    v128.store(dhPrevious, dhPrevious1, 16);
    hPrevious += 32;
    dh += 32;
    dhPrevious += 32;
  }
}

/**
 * The simplified GRU, without a reset gate: from z = (zu, zn) to (u, n), u = logistic(zu), n = tanh(zn), h = (1 - u)
 * * n + u * hPrevious. Backward is `gruBeforeBackward` from the panel before on, which it does not touch.
 */
export function gruSimpleForward(z: usize, zStep: usize, hPrevious: usize, h: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const u0 = logistic(v128.load(z, 0));
    const u1 = logistic(v128.load(z, 16));
    const n0 = tanh(v128.load(z + zStep, 0));
    const n1 = tanh(v128.load(z + zStep, 16));
    const h0 = madd(u0, f32x4.sub(v128.load(hPrevious, 0), n0), n0);
    const h1 = madd(u1, f32x4.sub(v128.load(hPrevious, 16), n1), n1);
    v128.store(z, u0, 0);
    v128.store(z, u1, 16);
    v128.store(z + zStep, n0, 0);
    v128.store(z + zStep, n1, 16);
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    hPrevious += 32;
    h += 32;
  }
}

/**
 * Takes r in `z`, one panel, and the gradient of r * hPrevious, leaves that of r's sum in z; adds to `dhPrevious`
 * what the reset passes on.
 */
export function gruBeforeResetBackward(z: usize, hPrevious: usize, dResetH: usize, dhPrevious: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const r0 = v128.load(z, 0);
    const r1 = v128.load(z, 16);
    const dResetH0 = v128.load(dResetH, 0);
    const dResetH1 = v128.load(dResetH, 16);
    const dr0 = f32x4.mul(f32x4.mul(dResetH0, v128.load(hPrevious, 0)), logisticSlope(r0));
    const dr1 = f32x4.mul(f32x4.mul(dResetH1, v128.load(hPrevious, 16)), logisticSlope(r1));
    const dhPrevious0 = madd(dResetH0, r0, v128.load(dhPrevious, 0));
    const dhPrevious1 = madd(dResetH1, r1, v128.load(dhPrevious, 16));
    v128.store(z, dr0, 0);
    v128.store(z, dr1, 16);
    v128.store(dhPrevious, dhPrevious0, 0);
    v128.store(dhPrevious, dhPrevious1, 16);
    hPrevious += 32;
    dResetH += 32;
    dhPrevious += 32;
  }
}
