/**
 * Matrix products on panel matrices, where nearly all of a training step's time goes.
 *
 * A *panel matrix* keeps its columns in panels of 16: panel p holds columns 16p to 16p+15 of all rows, row after row, 64 bytes each.
 * Element (r, j) is at `base + (j >> 4) * step + r * 64 + (j & 15) * 4`, with `step` bytes from panel to panel. Columns are padded
 * with zeros to a multiple of 16. Activations and packed weights have this form alike, so that one row of a panel is one
 * cache line and the inner loops below address everything from two pointers.
 *
 * A tile keeps up to 6 x 16 sums in registers (6 x 8 without 256-bit pairs: `WIDE`, set when compiling, says which). Its sums are loaded from
 * the output and stored back, row by row and without a condition: V8 drops the pairing otherwise. Every sum runs over k in order,
 * whatever the tile's height, so that an element's bits depend on nothing but its row and column.
 */

import { madd } from './math';

/** Columns and bytes of a panel's row. */
const ROW: usize = 64;
/** k-blocks of 16 per pass: 256 rows of a weight panel, 16 KB, stay in the first-level cache for all row tiles. */
const DEPTH: i32 = 16;

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
function panelRows(R: i32, c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  tileRows(R, c, a, aStep, w, blocks);
  if (!WIDE) tileRows(R, c + 32, a, aStep, w + 32, blocks);
}

// @ts-ignore: decorator
@inline
function panelColumns(R: i32, c: usize, a: usize, b: usize, n: i32): void {
  tileColumns(R, c, a, b, n);
  if (!WIDE) tileColumns(R, c + 32, a, b + 32, n);
}

// One function a height: inlined into one, the register allocator would see them all at once.
function rows1(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(1, c, a, aStep, w, blocks);
}
function rows2(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(2, c, a, aStep, w, blocks);
}
function rows3(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(3, c, a, aStep, w, blocks);
}
function rows4(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(4, c, a, aStep, w, blocks);
}
function rows5(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(5, c, a, aStep, w, blocks);
}
function rows6(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  panelRows(6, c, a, aStep, w, blocks);
}
function columns5(c: usize, a: usize, b: usize, n: i32): void {
  panelColumns(5, c, a, b, n);
}
function columns6(c: usize, a: usize, b: usize, n: i32): void {
  panelColumns(6, c, a, b, n);
}

/** Tallest tile of `productRows`: Node 20's register allocator spills above 4 in its nested loop. */
const TALLEST: i32 = WIDE ? 6 : 4;

/**
 * C (rows x panels) += A (rows x 16 * blocks) * W (16 * blocks x panels), all three panel matrices.
 * `blocks` counts A's panels, `panels` those of W and C.
 */
export function productRows(
  c: usize,
  cStep: usize,
  a: usize,
  aStep: usize,
  w: usize,
  wStep: usize,
  rows: i32,
  panels: i32,
  blocks: i32,
): void {
  const tiles = (rows + TALLEST - 1) / TALLEST;
  for (let block = 0; block < blocks; block += DEPTH) {
    const depth = min(DEPTH, blocks - block);
    for (let panel = 0; panel < panels; panel++) {
      let ci = c + <usize>panel * cStep;
      let ai = a + <usize>block * aStep;
      const wi = w + <usize>panel * wStep + (<usize>block * 16 * ROW);
      let left = rows;
      for (let tile = tiles; tile > 0; tile--) {
        // Heights that differ by one at most: 32 rows are 6 6 5 5 5 5.
        const height = (left + tile - 1) / tile;
        switch (height) {
          case 1: rows1(ci, ai, aStep, wi, depth); break;
          case 2: rows2(ci, ai, aStep, wi, depth); break;
          case 3: rows3(ci, ai, aStep, wi, depth); break;
          case 4: rows4(ci, ai, aStep, wi, depth); break;
          case 5: rows5(ci, ai, aStep, wi, depth); break;
          default: rows6(ci, ai, aStep, wi, depth);
        }
        left -= height;
        ci += <usize>height * ROW;
        ai += <usize>height * ROW;
      }
    }
  }
}

/** Rows of A and B per pass of `productColumns`: a panel of each stays in the first-level cache. */
const CHUNK: i32 = 192;

/**
 * C (16 * aPanels rows x bPanels panels) += A' B over n rows, all three panel matrices: the form of a weight gradient. When `sums`
 * is not 0, (16 * aPanels) at `sums` += the sums of A's columns: the bias's gradient, while A is in the cache.
 */
export function productColumns(
  c: usize,
  cStep: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  n: i32,
  aPanels: i32,
  bPanels: i32,
  sums: usize,
): void {
  for (let first = 0; first < n; first += CHUNK) {
    const count = min(CHUNK, n - first);
    for (let i = 0; i < aPanels; i++) {
      const ai = a + <usize>i * aStep + <usize>first * ROW;
      if (sums) columnSums(sums + <usize>i * ROW, ai, count);
      for (let j = 0; j < bPanels; j++) {
        const bj = b + <usize>j * bStep + <usize>first * ROW;
        const cij = c + <usize>j * cStep + (<usize>i * 16 * ROW);
        columns6(cij, ai, bj, count);
        columns5(cij + 6 * ROW, ai + 6 * 4, bj, count);
        columns5(cij + 11 * ROW, ai + 11 * 4, bj, count);
      }
    }
  }
}

/** sums (16) += the sums of a panel's columns over n rows. */
function columnSums(sums: usize, a: usize, n: i32): void {
  let s0 = v128.load(sums, 0);
  let s1 = v128.load(sums, 16);
  let s2 = v128.load(sums, 32);
  let s3 = v128.load(sums, 48);
  for (const end = a + <usize>n * ROW; a < end; a += ROW) {
    s0 = f32x4.add(s0, v128.load(a, 0));
    s1 = f32x4.add(s1, v128.load(a, 16));
    s2 = f32x4.add(s2, v128.load(a, 32));
    s3 = f32x4.add(s3, v128.load(a, 48));
  }
  v128.store(sums, s0, 0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
}
