/**
 * minGRU's pointwise part (Feng et al. 2024, "Were RNNs All We Needed?"), for one panel of 16 units and some rows of
 * one time step. `z` is the panel of the update gate u (the paper's z); that of the candidate n follows `zStep` bytes
 * apart. The candidate passes through the g of the paper's log-space form: g(x) = x + 0.5 for x >= 0, logistic(x)
 * below.
 */

import { logistic, logisticSlope, madd } from './math';
import { rowBytes } from './panel';

/** The largest number below 0.5. */
const BELOW_HALF: f32 = 0.49999997;

/** g(x), which is below 0.5 for every x below 0, so that its value tells its slope. */
// @ts-ignore: decorator
@inline
function candidate(x: v128): v128 {
  const low = f32x4.pmin(logistic(x), f32x4.splat(BELOW_HALF));
  return v128.bitselect(f32x4.add(x, f32x4.splat(0.5)), low, f32x4.ge(x, f32x4.splat(0)));
}

/** The slope of `candidate` by its value. */
// @ts-ignore: decorator
@inline
function candidateSlope(g: v128): v128 {
  return v128.bitselect(f32x4.splat(1), logisticSlope(g), f32x4.ge(g, f32x4.splat(0.5)));
}

/** From z = (zu, zn) to (u, g): u = logistic(zu), g = g(zn), h = (1 - u) * hPrevious + u * g. */
export function minGruForward(z: usize, zStep: usize, hPrevious: usize, h: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const u0 = logistic(v128.load(z, 0));
    const u1 = logistic(v128.load(z, 16));
    const g0 = candidate(v128.load(z + zStep, 0));
    const g1 = candidate(v128.load(z + zStep, 16));
    const previous0 = v128.load(hPrevious, 0);
    const previous1 = v128.load(hPrevious, 16);
    const h0 = madd(u0, f32x4.sub(g0, previous0), previous0);
    const h1 = madd(u1, f32x4.sub(g1, previous1), previous1);
    v128.store(z, u0, 0);
    v128.store(z, u1, 16);
    v128.store(z + zStep, g0, 0);
    v128.store(z + zStep, g1, 16);
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    hPrevious += 32;
    h += 32;
  }
}

/** Takes z = (u, g), leaves the gradients of the two sums there; adds dh * (1 - u) to `dhPrevious`. */
export function minGruBackward(
  z: usize,
  zStep: usize,
  hPrevious: usize,
  dh: usize,
  dhPrevious: usize,
  rows: i32,
): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const u0 = v128.load(z, 0);
    const u1 = v128.load(z, 16);
    const g0 = v128.load(z + zStep, 0);
    const g1 = v128.load(z + zStep, 16);
    const dh0 = v128.load(dh, 0);
    const dh1 = v128.load(dh, 16);
    const dg0 = f32x4.mul(dh0, u0);
    const dg1 = f32x4.mul(dh1, u1);
    const du0 = f32x4.mul(f32x4.mul(dh0, f32x4.sub(g0, v128.load(hPrevious, 0))), logisticSlope(u0));
    const du1 = f32x4.mul(f32x4.mul(dh1, f32x4.sub(g1, v128.load(hPrevious, 16))), logisticSlope(u1));
    const dn0 = f32x4.mul(dg0, candidateSlope(g0));
    const dn1 = f32x4.mul(dg1, candidateSlope(g1));
    const dhPrevious0 = f32x4.add(f32x4.sub(dh0, dg0), v128.load(dhPrevious, 0));
    const dhPrevious1 = f32x4.add(f32x4.sub(dh1, dg1), v128.load(dhPrevious, 16));
    v128.store(z, du0, 0);
    v128.store(z, du1, 16);
    v128.store(z + zStep, dn0, 0);
    v128.store(z + zStep, dn1, 16);
    v128.store(dhPrevious, dhPrevious0, 0);
    v128.store(dhPrevious, dhPrevious1, 16);
    hPrevious += 32;
    dh += 32;
    dhPrevious += 32;
  }
}
