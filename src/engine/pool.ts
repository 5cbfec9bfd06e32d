/** What `classify` reads of the top level: one row for each sequence, and its gradient back to the time steps. */

import type { Chunk } from './chunk.ts';
import { type Context, shareOf } from './context.ts';
import type { PoolLayout } from './head-layout.ts';
import { clearPanels } from './linear.ts';
import { at, PANEL, type PanelMatrix, ROW } from './panels.ts';
import type { LevelLayout, StackLayout } from './stack-layout.ts';

/** Lower than any state, which lies in (-1, 1), or in (-2, 2) where directions are summed. */
const LOWEST = -4;

/**
 * Final states of both directions of a level, in the form of its output: row `row` of `to` = those of row
 * `from`. Rows without a sequence get 0.
 */
export function gatherFinals(
  { kernels, i32, layout }: Context,
  stack: StackLayout,
  level: LevelLayout,
  state: 'h' | 'c',
  to: PanelMatrix,
  row: number,
  from = row,
): void {
  const B = layout.options.batchSize;
  const length = i32[layout.sequences[stack.sequence].lengths / 4 + from];
  clearPanels({ kernels }, to, row, 1);
  if (length === 0) return;
  level.layers.forEach((layer, i) => {
    const matrix = state === 'h' ? layer.h : layer.c!;
    const last = layer.reverse ? from : length * B + from;
    const panel = level.summed ? 0 : i * layer.units;
    kernels.addPanels(
      { base: at(to, panel, row), step: to.step },
      { base: at(matrix, 0, last), step: matrix.step },
      1,
      layer.units,
    );
  });
}

export function poolForward(context: Context, chunk: Chunk, stack: StackLayout, pool: PoolLayout): void {
  const { kernels, layout, threads, i32, f32 } = context;
  const { pooled, where, kind } = pool;
  const B = layout.options.batchSize;
  const level = stack.levels[stack.levels.length - 1];
  const [first, last] = shareOf(B, threads.rank, threads.count);
  if (kind === 'last') {
    for (let row = first; row < last; row++) gatherFinals(context, stack, level, 'h', pooled, row);
    return;
  }
  const { output } = level;
  const { steps, active } = chunk.spans[stack.sequence];
  for (let panel = 0; panel < pooled.panels; panel++) {
    const start = at(pooled, panel, first) / 4;
    f32.fill(kind === 'max' ? LOWEST : 0, start, start + (last - first) * PANEL);
    kernels.clear(at(where, panel, first), (last - first) * PANEL);
  }
  for (let t = 0; t < steps; t++) {
    const rows = Math.min(active[t], last) - first;
    if (rows <= 0) break;
    const from = at(output, 0, t * B + first);
    const to = at(pooled, 0, first);
    if (kind === 'mean')
      kernels.addPanels({ base: to, step: pooled.step }, { base: from, step: output.step }, rows, pooled.panels);
    else {
      kernels.maxPanels(
        { base: to, step: pooled.step },
        { base: at(where, 0, first), step: where.step },
        { base: from, step: output.step },
        t,
        rows,
        pooled.panels,
      );
    }
  }
  for (let row = first; row < last; row++) {
    const length = i32[layout.sequences[stack.sequence].lengths / 4 + row];
    if (length === 0) clearPanels(context, pooled, row, 1);
    else if (kind === 'mean') divide(context, pooled, row, length);
  }
}

/** Leaves the gradient of the top level's output at every time step, and for `last` that of the final states. */
export function poolBackward(context: Context, chunk: Chunk, stack: StackLayout, pool: PoolLayout): void {
  const { kernels, layout, threads, i32 } = context;
  const { where, kind, dPooled } = pool;
  const from = dPooled!;
  const B = layout.options.batchSize;
  const level = stack.levels[stack.levels.length - 1];
  const to = level.dOutput!;
  const lengths = layout.sequences[stack.sequence].lengths / 4;
  const { steps, active } = chunk.spans[stack.sequence];
  const [first, last] = shareOf(B, threads.rank, threads.count);
  if (kind === 'mean') {
    for (let row = first; row < last; row++) {
      if (i32[lengths + row] > 0) divide(context, from, row, i32[lengths + row]);
    }
  }
  for (let t = 0; t < steps; t++) {
    const rows = Math.min(active[t], last) - first;
    if (rows <= 0) break;
    const row = t * B + first;
    const target = at(to, 0, row);
    const source = at(from, 0, first);
    if (kind === 'mean')
      kernels.copyPanels({ base: target, step: to.step }, { base: source, step: from.step }, rows, from.panels);
    else if (kind === 'max') {
      const place = at(where, 0, first);
      kernels.selectPanels(
        { base: target, step: to.step },
        { base: place, step: where.step },
        { base: source, step: from.step },
        t,
        rows,
        from.panels,
      );
    } else clearPanels(context, to, row, rows, from.panels);
  }
  if (kind !== 'last') return;
  for (let row = first; row < last; row++) {
    level.layers.forEach(({ dFinal, units }, i) => {
      const { h } = dFinal!;
      const panel = level.summed ? 0 : i * units;
      kernels.copyPanels(
        { base: at(h, 0, row), step: h.step },
        { base: at(from, panel, row), step: from.step },
        1,
        units,
      );
    });
  }
}

function divide({ f32 }: Context, matrix: PanelMatrix, row: number, by: number): void {
  for (let panel = 0; panel < matrix.panels; panel++) {
    const start = at(matrix, panel, row) / 4;
    for (let i = start; i < start + ROW / 4; i++) f32[i] /= by;
  }
}
