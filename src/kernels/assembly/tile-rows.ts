/**
 * The tile of `productRows` (see product.ts for the panel matrix): the inner loop of forward products and of gradients
 * of inputs.
 *
 * A tile keeps up to 6 x 16 sums in registers (6 x 8 without 256-bit pairs: `WIDE`, set when compiling, says which).
 * Its sums are loaded from the output and stored back, row by row and without a condition: V8 drops the pairing
 * otherwise. Every sum runs over k in order, whatever the tile's height, so that an element's bits depend on nothing
 * but its row and column.
 */

import { madd } from './math';

/** Bytes of a panel's row. */
const ROW: usize = 64;

/** C (R x 16 or 8 columns) += A (R x 16 * blocks) * W. Rows of A are a panel's rows; its panels are `aStep` apart. */
// @ts-ignore: decorator
@inline
function tileRows(R: i32, c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0), c03 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0), c13 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c22 = f32x4.splat(0), c23 = f32x4.splat(0);
  let c30 = f32x4.splat(0), c31 = f32x4.splat(0), c32 = f32x4.splat(0), c33 = f32x4.splat(0);
  let c40 = f32x4.splat(0), c41 = f32x4.splat(0), c42 = f32x4.splat(0), c43 = f32x4.splat(0);
  let c50 = f32x4.splat(0), c51 = f32x4.splat(0), c52 = f32x4.splat(0), c53 = f32x4.splat(0);
  {
    c00 = v128.load(c, 0);
    c01 = v128.load(c, 16);
    if (WIDE) {
      c02 = v128.load(c, 32);
      c03 = v128.load(c, 48);
    }
  }
  if (R > 1) {
    c10 = v128.load(c, 64);
    c11 = v128.load(c, 80);
    if (WIDE) {
      c12 = v128.load(c, 96);
      c13 = v128.load(c, 112);
    }
  }
  if (R > 2) {
    c20 = v128.load(c, 128);
    c21 = v128.load(c, 144);
    if (WIDE) {
      c22 = v128.load(c, 160);
      c23 = v128.load(c, 176);
    }
  }
  if (R > 3) {
    c30 = v128.load(c, 192);
    c31 = v128.load(c, 208);
    if (WIDE) {
      c32 = v128.load(c, 224);
      c33 = v128.load(c, 240);
    }
  }
  if (R > 4) {
    c40 = v128.load(c, 256);
    c41 = v128.load(c, 272);
    if (WIDE) {
      c42 = v128.load(c, 288);
      c43 = v128.load(c, 304);
    }
  }
  if (R > 5) {
    c50 = v128.load(c, 320);
    c51 = v128.load(c, 336);
    if (WIDE) {
      c52 = v128.load(c, 352);
      c53 = v128.load(c, 368);
    }
  }
  for (; blocks > 0; blocks--) {
    for (const end = a + ROW; a < end; a += 4) {
      const b0 = v128.load(w, 0), b1 = v128.load(w, 16);
      const b2 = WIDE ? v128.load(w, 32) : b0, b3 = WIDE ? v128.load(w, 48) : b0;
      {
        const x = v128.load32_splat(a, 0);
        c00 = madd(x, b0, c00);
        c01 = madd(x, b1, c01);
        if (WIDE) {
          c02 = madd(x, b2, c02);
          c03 = madd(x, b3, c03);
        }
      }
      if (R > 1) {
        const x = v128.load32_splat(a, 64);
        c10 = madd(x, b0, c10);
        c11 = madd(x, b1, c11);
        if (WIDE) {
          c12 = madd(x, b2, c12);
          c13 = madd(x, b3, c13);
        }
      }
      if (R > 2) {
        const x = v128.load32_splat(a, 128);
        c20 = madd(x, b0, c20);
        c21 = madd(x, b1, c21);
        if (WIDE) {
          c22 = madd(x, b2, c22);
          c23 = madd(x, b3, c23);
        }
      }
      if (R > 3) {
        const x = v128.load32_splat(a, 192);
        c30 = madd(x, b0, c30);
        c31 = madd(x, b1, c31);
        if (WIDE) {
          c32 = madd(x, b2, c32);
          c33 = madd(x, b3, c33);
        }
      }
      if (R > 4) {
        const x = v128.load32_splat(a, 256);
        c40 = madd(x, b0, c40);
        c41 = madd(x, b1, c41);
        if (WIDE) {
          c42 = madd(x, b2, c42);
          c43 = madd(x, b3, c43);
        }
      }
      if (R > 5) {
        const x = v128.load32_splat(a, 320);
        c50 = madd(x, b0, c50);
        c51 = madd(x, b1, c51);
        if (WIDE) {
          c52 = madd(x, b2, c52);
          c53 = madd(x, b3, c53);
        }
      }
      w += ROW;
    }
    a += aStep - ROW;
  }
  {
    v128.store(c, c00, 0);
    v128.store(c, c01, 16);
    if (WIDE) {
      v128.store(c, c02, 32);
      v128.store(c, c03, 48);
    }
  }
  if (R > 1) {
    v128.store(c, c10, 64);
    v128.store(c, c11, 80);
    if (WIDE) {
      v128.store(c, c12, 96);
      v128.store(c, c13, 112);
    }
  }
  if (R > 2) {
    v128.store(c, c20, 128);
    v128.store(c, c21, 144);
    if (WIDE) {
      v128.store(c, c22, 160);
      v128.store(c, c23, 176);
    }
  }
  if (R > 3) {
    v128.store(c, c30, 192);
    v128.store(c, c31, 208);
    if (WIDE) {
      v128.store(c, c32, 224);
      v128.store(c, c33, 240);
    }
  }
  if (R > 4) {
    v128.store(c, c40, 256);
    v128.store(c, c41, 272);
    if (WIDE) {
      v128.store(c, c42, 288);
      v128.store(c, c43, 304);
    }
  }
  if (R > 5) {
    v128.store(c, c50, 320);
    v128.store(c, c51, 336);
    if (WIDE) {
      v128.store(c, c52, 352);
      v128.store(c, c53, 368);
    }
  }
}

/** Without 256-bit pairs a tile covers a panel in two halves of 8 columns. */
// @ts-ignore: decorator
@inline
function panelRows(R: i32, c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  tileRows(R, c, a, aStep, w, blocks);
  if (!WIDE) tileRows(R, c + 32, a, aStep, w + 32, blocks);
}

// One function a height: inlined into one, the register allocator would see them all at once.
export function rows1(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(1, c, a, aStep, w, blocks);
}
export function rows2(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(2, c, a, aStep, w, blocks);
}
export function rows3(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(3, c, a, aStep, w, blocks);
}
export function rows4(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(4, c, a, aStep, w, blocks);
}
export function rows5(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(5, c, a, aStep, w, blocks);
}
export function rows6(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(6, c, a, aStep, w, blocks);
}
