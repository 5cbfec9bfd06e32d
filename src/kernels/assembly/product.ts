/**
 * Matrix products on panel matrices, where nearly all of a training step's time goes.
 *
 * A *panel matrix* keeps its columns in panels of 16: panel p holds columns 16p to 16p+15 of all rows, row after row,
 * 64 bytes each. Element (r, j) is at `base + (j >> 4) * step + r * 64 + (j & 15) * 4`, with `step` bytes from panel
 * to panel. Columns are padded with zeros to a multiple of 16. Activations and packed weights have this form alike,
 * so that one row of a panel is one cache line and the inner loops below address everything from two pointers.
 */

import { columnSums, PANEL, ROW, rowBytes } from './panel';
import { columns5, columns6, panels4, rows1, rows2, rows3, rows4, rows5, rows6 } from './tiles';

/** k-blocks of 16 per pass: 256 rows of a weight panel, 16 KB, stay in the first-level cache for all row tiles. */
const DEPTH: i32 = 16;

/** Rows times k-blocks of A that stay in the second-level cache, 512 KB, while all panels of W go by. */
const NEAR: i32 = 8192;

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
  if (rows == 1) {
    for (; panels >= 4; panels -= 4) {
      panels4(c, cStep, a, aStep, w, wStep, blocks);
      c += 4 * cStep;
      w += 4 * wStep;
    }
  }
  if (rows == 0) return;
  const tiles = (rows + TALLEST - 1) / TALLEST;
  const span = max(DEPTH, (NEAR / rows) & -DEPTH);
  for (let first = 0; first < blocks; first += span) {
    const last = min(first + span, blocks);
    for (let panel = 0; panel < panels; panel++) {
      for (let block = first; block < last; block += DEPTH) {
        const depth = min(DEPTH, last - block);
        let ci = c + <usize>panel * cStep;
        let ai = a + <usize>block * aStep;
        const wi = w + <usize>panel * wStep + rowBytes(block * PANEL);
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
          ci += rowBytes(height);
          ai += rowBytes(height);
        }
      }
    }
  }
}

/** Rows of A and B per pass of `productColumns`: a panel of each stays in the first-level cache. */
const CHUNK: i32 = 192;

/**
 * C (16 * aPanels rows x bPanels panels) += A' B over n rows, all three panel matrices: the form of a weight
 * gradient. When `sums` is not 0, (16 * aPanels) at `sums` += the sums of A's columns: the bias's gradient, while A
 * is in the cache.
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
      const ai = a + <usize>i * aStep + rowBytes(first);
      if (sums) columnSums(sums + rowBytes(i), ai, count);
      for (let j = 0; j < bPanels; j++) {
        const bj = b + <usize>j * bStep + rowBytes(first);
        const cij = c + <usize>j * cStep + rowBytes(i * PANEL);
        columns6(cij, ai, bj, count);
        columns5(cij + 6 * ROW, ai + 6 * 4, bj, count);
        columns5(cij + 11 * ROW, ai + 11 * 4, bj, count);
      }
    }
  }
}
