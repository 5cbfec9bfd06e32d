/**
 * The tile of `productColumns`: the inner loop of weight gradients. Sums are kept, loaded and stored as in
 * tile-rows.ts.
 */

import { madd } from './math';

/** Bytes of a panel's row. */
const ROW: usize = 64;

/** C (R x 16 or 8 columns) += A' B over n rows: A's columns 0 to R-1 from `a` on, B's from `b` on. */
// @ts-ignore: decorator
@inline
function tileColumns(R: i32, c: usize, a: usize, b: usize, n: i32): void {
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
  for (; n > 0; n--) {
    const b0 = v128.load(b, 0), b1 = v128.load(b, 16);
    const b2 = WIDE ? v128.load(b, 32) : b0, b3 = WIDE ? v128.load(b, 48) : b0;
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
      const x = v128.load32_splat(a, 4);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
      if (WIDE) {
        c12 = madd(x, b2, c12);
        c13 = madd(x, b3, c13);
      }
    }
    if (R > 2) {
      const x = v128.load32_splat(a, 8);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
      if (WIDE) {
        c22 = madd(x, b2, c22);
        c23 = madd(x, b3, c23);
      }
    }
    if (R > 3) {
      const x = v128.load32_splat(a, 12);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
      if (WIDE) {
        c32 = madd(x, b2, c32);
        c33 = madd(x, b3, c33);
      }
    }
    if (R > 4) {
      const x = v128.load32_splat(a, 16);
      c40 = madd(x, b0, c40);
      c41 = madd(x, b1, c41);
      if (WIDE) {
        c42 = madd(x, b2, c42);
        c43 = madd(x, b3, c43);
      }
    }
    if (R > 5) {
      const x = v128.load32_splat(a, 20);
      c50 = madd(x, b0, c50);
      c51 = madd(x, b1, c51);
      if (WIDE) {
        c52 = madd(x, b2, c52);
        c53 = madd(x, b3, c53);
      }
    }
    a += ROW;
    b += ROW;
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
function panelColumns(R: i32, c: usize, a: usize, b: usize, n: i32): void {
  tileColumns(R, c, a, b, n);
  if (!WIDE) tileColumns(R, c + 32, a, b + 32, n);
}

// One function a height, as in tile-rows.ts.
export function columns5(c: usize, a: usize, b: usize, n: i32): void {
  panelColumns(5, c, a, b, n);
}
export function columns6(c: usize, a: usize, b: usize, n: i32): void {
  panelColumns(6, c, a, b, n);
}
