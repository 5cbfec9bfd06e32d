/** What forward and backward through a layer share: one thread's way through it, which rows go on, where states lie. */

import type { Chunk, Span } from './chunk.ts';
import { type Context, type Region, regionOf } from './context.ts';
import { at, type PanelMatrix } from './panels.ts';
import type { LayerLayout, StackLayout } from './stack-layout.ts';

/** One thread's way through a layer. */
export interface LayerPass {
  chunk: Chunk;
  span: Span;
  stack: StackLayout;
  layer: LayerLayout;
  region: Region;
}

export function passOf(context: Context, chunk: Chunk, stack: StackLayout, layer: LayerLayout): LayerPass {
  const region = regionOf(context, layer.units, layer.inputPanels);
  return { chunk, span: chunk.spans[stack.sequence], stack, layer, region };
}

/** How many of a region's rows still go on at time step t; they are its first ones. */
export function activeRows(active: readonly number[], t: number, region: Region): number {
  return Math.max(0, Math.min(active[t] ?? 0, region.lastRow) - region.firstRow);
}

/** Own rows (see stack-layout.ts) of the states before and after time step t, for a region. */
export function ownRows({ layer, region }: LayerPass, t: number, B: number): { before: number; after: number } {
  const row = t * B + region.firstRow;
  return layer.reverse ? { before: row + B, after: row } : { before: row, after: row + B };
}

export function synchronize(context: Context): void {
  context.lap('gates');
  context.threads.barrier();
  context.lap('barrier');
}

/** The input of a level above the first, or the embedded tokens; row 0 is the first row of time step 0. */
export function levelInput(stack: StackLayout, level: number, training: boolean): PanelMatrix {
  if (level === 0) return stack.embedded!;
  const below = stack.levels[level - 1];
  return training && below.dropped ? below.dropped : below.output;
}

/** Rows from `row` on of `to` = those of `from` after this update's dropout of the given stream. */
export function applyDropout(
  context: Context,
  chunk: Chunk,
  stream: number,
  to: PanelMatrix,
  from: PanelMatrix,
  row: number,
  rows: number,
  firstPanel = 0,
  lastPanel = to.panels,
): void {
  const { dropout, seed } = context.layout.options.training!;
  // Philox's last counter word is 0 for the streams of random.ts and another here, so that no words are used twice.
  context.kernels.dropout(
    { base: at(to, 0, row), step: to.step },
    { base: at(from, 0, row), step: from.step },
    rows,
    firstPanel,
    lastPanel - firstPanel,
    Math.floor(dropout * 0x100000000),
    1 / (1 - dropout),
    seed,
    Math.floor(seed / 0x100000000),
    chunk.update,
    stream,
    row,
  );
}
