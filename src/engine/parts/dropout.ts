/**
 * Dropout (Srivastava et al. 2014). Masks are a function of (seed, update, stream, position, column), so that forward and
 * backward, on any thread, see the same one.
 */

import { type PanelMatrix, shifted } from '../../kernels/index.ts';
import type { Chunk } from '../chunk.ts';
import type { Dropout } from '../memory/index.ts';
import type { Context } from '../team/index.ts';

/** One place of a network where values are dropped, with random numbers of its own. */
export interface DropoutStream extends Dropout {
  stream: number;
}

/** Rows from `row` on of `to` = those of `from` after this update's dropout. */
export function applyDropout(
  { kernels }: Context,
  chunk: Chunk,
  { rate, seed, stream }: DropoutStream,
  to: PanelMatrix,
  from: PanelMatrix,
  row: number,
  rows: number,
  firstPanel = 0,
  lastPanel = to.panels,
): void {
  // Philox's last counter word is 0 for the streams of random.ts and another here, so that no words are used twice.
  kernels.dropout(
    shifted(to, 0, row),
    shifted(from, 0, row),
    rows,
    firstPanel,
    lastPanel - firstPanel,
    Math.floor(rate * 0x100000000),
    1 / (1 - rate),
    seed,
    Math.floor(seed / 0x100000000),
    chunk.update,
    stream,
    row,
  );
}
