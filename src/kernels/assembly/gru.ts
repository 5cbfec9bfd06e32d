/**
 * The GRU's pointwise parts (Cho et al. 2014), for one panel of 16 units and some rows of one time step. `z` is the panel of the
 * reset gate r; those of the update gate u (PyTorch's z) and of the candidate n follow `step` bytes apart. In the form with
 * the reset after the matrix a fourth panel keeps the recurrent part of the candidate's sum.
 */

import { logistic, logisticSlope, madd, tanh, tanhSlope } from './math';

/** r = logistic(zr), u = logistic(zu), n = tanh(zx + r * zh), h = (1 - u) * n + u * hPrevious; r, u, n replace their sums. */
export function gruAfterForward(z: usize, step: usize, hPrevious: usize, h: usize, rows: i32): void {
  for (const end = z + <usize>rows * 64; z < end; z += 32) {
    const r0 = logistic(v128.load(z, 0));
    const r1 = logistic(v128.load(z, 16));
    const u0 = logistic(v128.load(z + step, 0));
    const u1 = logistic(v128.load(z + step, 16));
    const n0 = tanh(madd(r0, v128.load(z + step * 3, 0), v128.load(z + step * 2, 0)));
    const n1 = tanh(madd(r1, v128.load(z + step * 3, 16), v128.load(z + step * 2, 16)));
    const h0 = madd(u0, f32x4.sub(v128.load(hPrevious, 0), n0), n0);
    const h1 = madd(u1, f32x4.sub(v128.load(hPrevious, 16), n1), n1);
    v128.store(z, r0, 0);
    v128.store(z, r1, 16);
    v128.store(z + step, u0, 0);
    v128.store(z + step, u1, 16);
    v128.store(z + step * 2, n0, 0);
    v128.store(z + step * 2, n1, 16);
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    hPrevious += 32;
    h += 32;
  }
}

/**
 * Takes r, u, n and the recurrent sum in z, leaves the gradients of the four sums there; adds to `dhPrevious` what the
 * update gate passes on.
 */
export function gruAfterBackward(z: usize, step: usize, hPrevious: usize, dh: usize, dhPrevious: usize, rows: i32): void {
  for (const end = z + <usize>rows * 64; z < end; z += 32) {
    const r0 = v128.load(z, 0);
    const r1 = v128.load(z, 16);
    const u0 = v128.load(z + step, 0);
    const u1 = v128.load(z + step, 16);
    const n0 = v128.load(z + step * 2, 0);
    const n1 = v128.load(z + step * 2, 16);
    const zh0 = v128.load(z + step * 3, 0);
    const zh1 = v128.load(z + step * 3, 16);
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
    v128.store(z + step, du0, 0);
    v128.store(z + step, du1, 16);
    v128.store(z + step * 2, dn0, 0);
    v128.store(z + step * 2, dn1, 16);
    v128.store(z + step * 3, dzh0, 0);
    v128.store(z + step * 3, dzh1, 16);
    v128.store(dhPrevious, dhPrevious0, 0);
    v128.store(dhPrevious, dhPrevious1, 16);
    hPrevious += 32;
    dh += 32;
    dhPrevious += 32;
  }
}

/** First half of the form with the reset before the matrix: r, u replace their sums, resetH = r * hPrevious. */
export function gruBeforeGates(z: usize, step: usize, hPrevious: usize, resetH: usize, rows: i32): void {
  for (const end = z + <usize>rows * 64; z < end; z += 32) {
    const r0 = logistic(v128.load(z, 0));
    const r1 = logistic(v128.load(z, 16));
    const u0 = logistic(v128.load(z + step, 0));
    const u1 = logistic(v128.load(z + step, 16));
    const resetH0 = f32x4.mul(r0, v128.load(hPrevious, 0));
    const resetH1 = f32x4.mul(r1, v128.load(hPrevious, 16));
    v128.store(z, r0, 0);
    v128.store(z, r1, 16);
    v128.store(z + step, u0, 0);
    v128.store(z + step, u1, 16);
    v128.store(resetH, resetH0, 0);
    v128.store(resetH, resetH1, 16);
    hPrevious += 32;
    resetH += 32;
  }
}

/** Second half: n = tanh(zn), which replaces its sum, and h = (1 - u) * n + u * hPrevious. */
export function gruBeforeForward(z: usize, step: usize, hPrevious: usize, h: usize, rows: i32): void {
  for (const end = z + <usize>rows * 64; z < end; z += 32) {
    const u0 = v128.load(z + step, 0);
    const u1 = v128.load(z + step, 16);
    const n0 = tanh(v128.load(z + step * 2, 0));
    const n1 = tanh(v128.load(z + step * 2, 16));
    const h0 = madd(u0, f32x4.sub(v128.load(hPrevious, 0), n0), n0);
    const h1 = madd(u1, f32x4.sub(v128.load(hPrevious, 16), n1), n1);
    v128.store(z + step * 2, n0, 0);
    v128.store(z + step * 2, n1, 16);
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    hPrevious += 32;
    h += 32;
  }
}

/** Takes u and n in z, leaves the gradients of their sums there; adds to `dhPrevious` what the update gate passes on. */
export function gruBeforeBackward(z: usize, step: usize, hPrevious: usize, dh: usize, dhPrevious: usize, rows: i32): void {
  for (const end = z + <usize>rows * 64; z < end; z += 32) {
    const u0 = v128.load(z + step, 0);
    const u1 = v128.load(z + step, 16);
    const n0 = v128.load(z + step * 2, 0);
    const n1 = v128.load(z + step * 2, 16);
    const dh0 = v128.load(dh, 0);
    const dh1 = v128.load(dh, 16);
    const du0 = f32x4.mul(f32x4.mul(dh0, f32x4.sub(v128.load(hPrevious, 0), n0)), logisticSlope(u0));
    const du1 = f32x4.mul(f32x4.mul(dh1, f32x4.sub(v128.load(hPrevious, 16), n1)), logisticSlope(u1));
    const dn0 = f32x4.mul(f32x4.sub(dh0, f32x4.mul(dh0, u0)), tanhSlope(n0));
    const dn1 = f32x4.mul(f32x4.sub(dh1, f32x4.mul(dh1, u1)), tanhSlope(n1));
    const dhPrevious0 = madd(dh0, u0, v128.load(dhPrevious, 0));
    const dhPrevious1 = madd(dh1, u1, v128.load(dhPrevious, 16));
    v128.store(z + step, du0, 0);
    v128.store(z + step, du1, 16);
    v128.store(z + step * 2, dn0, 0);
    v128.store(z + step * 2, dn1, 16);
    v128.store(dhPrevious, dhPrevious0, 0);
    v128.store(dhPrevious, dhPrevious1, 16);
    hPrevious += 32;
    dh += 32;
    dhPrevious += 32;
  }
}

/**
 * The simplified GRU, without a reset gate: `z` is the panel of the update gate, the candidate follows. u =
 * logistic(zu), n = tanh(zn), h = (1 - u) * n + u * hPrevious. Backward is `gruBeforeBackward`'s, whose first panel it
 * does not touch: z - step.
 */
export function gruSimpleForward(z: usize, step: usize, hPrevious: usize, h: usize, rows: i32): void {
  for (const end = z + <usize>rows * 64; z < end; z += 32) {
    const u0 = logistic(v128.load(z, 0));
    const u1 = logistic(v128.load(z, 16));
    const n0 = tanh(v128.load(z + step, 0));
    const n1 = tanh(v128.load(z + step, 16));
    const h0 = madd(u0, f32x4.sub(v128.load(hPrevious, 0), n0), n0);
    const h1 = madd(u1, f32x4.sub(v128.load(hPrevious, 16), n1), n1);
    v128.store(z, u0, 0);
    v128.store(z, u1, 16);
    v128.store(z + step, n0, 0);
    v128.store(z + step, n1, 16);
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    hPrevious += 32;
    h += 32;
  }
}

/** Takes r in z and the gradient of r * hPrevious, leaves that of r's sum in z; adds to `dhPrevious` what the reset passes on. */
export function gruBeforeResetBackward(z: usize, hPrevious: usize, dResetH: usize, dhPrevious: usize, rows: i32): void {
  for (const end = z + <usize>rows * 64; z < end; z += 32) {
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
