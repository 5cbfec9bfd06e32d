/**
 * The tile of `productRows` for one row alone, as decoding one stream has it: four panels side by side, so that enough
 * sums are under way at once to hide a multiply-add's latency, and weights come as fast as the caches give them. Each
 * sum runs over k in order, as in tile-rows.ts.
 */

import { madd } from './math';

/** Bytes of a panel's row. */
const ROW: usize = 64;

/** C (1 row x 4 panels, or half panels of 8 columns) += A (1 x 16 * blocks) * W. */
// @ts-ignore: decorator
@inline
function tilePanels(c: usize, cStep: usize, a: usize, aStep: usize, w: usize, wStep: usize, blocks: i32): void {
  const c1 = c + cStep, c2 = c1 + cStep, c3 = c2 + cStep;
  let c00 = v128.load(c, 0), c01 = v128.load(c, 16);
  let c02 = WIDE ? v128.load(c, 32) : c00, c03 = WIDE ? v128.load(c, 48) : c00;
  let c10 = v128.load(c1, 0), c11 = v128.load(c1, 16);
  let c12 = WIDE ? v128.load(c1, 32) : c10, c13 = WIDE ? v128.load(c1, 48) : c10;
  let c20 = v128.load(c2, 0), c21 = v128.load(c2, 16);
  let c22 = WIDE ? v128.load(c2, 32) : c20, c23 = WIDE ? v128.load(c2, 48) : c20;
  let c30 = v128.load(c3, 0), c31 = v128.load(c3, 16);
  let c32 = WIDE ? v128.load(c3, 32) : c30, c33 = WIDE ? v128.load(c3, 48) : c30;
  for (; blocks > 0; blocks--) {
    for (const end = a + ROW; a < end; a += 4) {
      const x = v128.load32_splat(a, 0);
      c00 = madd(x, v128.load(w, 0), c00);
      c01 = madd(x, v128.load(w, 16), c01);
      if (WIDE) {
        c02 = madd(x, v128.load(w, 32), c02);
        c03 = madd(x, v128.load(w, 48), c03);
      }
      const w1 = w + wStep;
      c10 = madd(x, v128.load(w1, 0), c10);
      c11 = madd(x, v128.load(w1, 16), c11);
      if (WIDE) {
        c12 = madd(x, v128.load(w1, 32), c12);
        c13 = madd(x, v128.load(w1, 48), c13);
      }
      const w2 = w1 + wStep;
      c20 = madd(x, v128.load(w2, 0), c20);
      c21 = madd(x, v128.load(w2, 16), c21);
      if (WIDE) {
        c22 = madd(x, v128.load(w2, 32), c22);
        c23 = madd(x, v128.load(w2, 48), c23);
      }
      const w3 = w2 + wStep;
      c30 = madd(x, v128.load(w3, 0), c30);
      c31 = madd(x, v128.load(w3, 16), c31);
      if (WIDE) {
        c32 = madd(x, v128.load(w3, 32), c32);
        c33 = madd(x, v128.load(w3, 48), c33);
      }
      w += ROW;
    }
    a += aStep - ROW;
  }
  v128.store(c, c00, 0);
  v128.store(c, c01, 16);
  if (WIDE) {
    v128.store(c, c02, 32);
    v128.store(c, c03, 48);
  }
  v128.store(c1, c10, 0);
  v128.store(c1, c11, 16);
  if (WIDE) {
    v128.store(c1, c12, 32);
    v128.store(c1, c13, 48);
  }
  v128.store(c2, c20, 0);
  v128.store(c2, c21, 16);
  if (WIDE) {
    v128.store(c2, c22, 32);
    v128.store(c2, c23, 48);
  }
  v128.store(c3, c30, 0);
  v128.store(c3, c31, 16);
  if (WIDE) {
    v128.store(c3, c32, 32);
    v128.store(c3, c33, 48);
  }
}

export function panels4(
  c: usize,
  cStep: usize,
  a: usize,
  aStep: usize,
  w: usize,
  wStep: usize,
  blocks: i32,
): void {
  tilePanels(c, cStep, a, aStep, w, wStep, blocks);
  if (!WIDE) tilePanels(c + 32, cStep, a, aStep, w + 32, wStep, blocks);
}
