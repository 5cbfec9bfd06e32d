/** The vanilla RNN's pointwise part (Elman 1990), for one panel of 16 units and some rows of one time step. */

import { tanh, tanhSlope } from './math';
import { rowBytes } from './panel';

/** h = tanh(z). */
export function rnnForward(z: usize, h: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const h0 = tanh(v128.load(z, 0));
    const h1 = tanh(v128.load(z, 16));
    v128.store(h, h0, 0);
    v128.store(h, h1, 16);
    h += 32;
  }
}

/** z = dh * (1 - h^2). */
export function rnnBackward(z: usize, h: usize, dh: usize, rows: i32): void {
  for (const end = z + rowBytes(rows); z < end; z += 32) {
    const dz0 = f32x4.mul(v128.load(dh, 0), tanhSlope(v128.load(h, 0)));
    const dz1 = f32x4.mul(v128.load(dh, 16), tanhSlope(v128.load(h, 16)));
    v128.store(z, dz0, 0);
    v128.store(z, dz1, 16);
    h += 32;
    dh += 32;
  }
}
