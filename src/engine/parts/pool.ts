/**
 * What `classify` reads of the top level: one row for each sequence, and its gradient back to the time steps. Memory: 3 * B * W
 * floats, W wide.
 */

import { at, f32Index, i32Index, PANEL, type PanelMatrix, shifted } from '../../kernels/index.ts';
import type { Pool as PoolName } from '../../model/index.ts';
import type { Chunk } from '../chunk.ts';
import { columnPanels, type Planner } from '../memory/index.ts';
import { type Context, ownShare } from '../team/index.ts';
import { clearPanels } from './linear.ts';
import { gatherFinals, type Stack } from './stack.ts';

export interface Pool {
  /** (B, panels): a row for each sequence; rows without a sequence are 0. */
  pooled: PanelMatrix;
  dPooled: PanelMatrix | undefined;
  /** Which final states of the top level get a gradient here, as `StackPlan` has it. */
  forward(context: Context, chunk: Chunk, stack: Stack): void;
  /** Leaves the gradient of the top level's output at every time step, and for `last` that of the final states. */
  backward(context: Context, chunk: Chunk, stack: Stack): void;
}

interface PoolMemory {
  pooled: PanelMatrix;
  dPooled: PanelMatrix | undefined;
}

type PoolKind = (planner: Planner, memory: PoolMemory) => Pick<Pool, 'forward' | 'backward'>;

const kinds: { readonly [P in PoolName]: PoolKind } = { last: poolLast, mean: poolMean, max: poolMax };

/** A pool of the top level of a stack that is yet to be laid out. */
export function planPool(planner: Planner, columns: Parameters<typeof columnPanels>[0]): Pool {
  const { arena, batchSize, model, training } = planner;
  const room = () => arena.activations(batchSize, columnPanels(columns));
  const memory: PoolMemory = { pooled: room(), dPooled: training ? room() : undefined };
  return { ...memory, ...kinds[model.pool](planner, memory) };
}

/** Sequences of this thread, [first, last), with their lengths from element `lengths` on of the memory's integers. */
function ownSequences(context: Context, { tokens }: Stack) {
  const [first, last] = ownShare(context, context.batchSize);
  return { first, last, lengths: i32Index(tokens.sequence.lengths) };
}

/** Calls `visit` with each time step's rows of this thread: `rows` from `row` on of what is by position, `first` of the pool. */
function eachStep(
  context: Context,
  chunk: Chunk,
  stack: Stack,
  visit: (t: number, row: number, first: number, rows: number) => void,
): void {
  const { first, last } = ownSequences(context, stack);
  const { steps, active } = chunk.spans[stack.tokens.sequence.index];
  for (let t = 0; t < steps; t++) {
    const rows = Math.min(active[t], last) - first;
    if (rows <= 0) break;
    visit(t, t * context.batchSize + first, first, rows);
  }
}

/** The final state of each direction. */
function poolLast(_: Planner, { pooled, dPooled }: PoolMemory): ReturnType<PoolKind> {
  return {
    forward(context, _chunk, stack) {
      const { first, last } = ownSequences(context, stack);
      for (let row = first; row < last; row++) gatherFinals(context, stack, stack.top, 'h', pooled, row);
    },
    backward(context, chunk, stack) {
      const { kernels } = context;
      const { layers, summed, dOutput } = stack.top;
      eachStep(context, chunk, stack, (_t, row, _first, rows) =>
        clearPanels(context, dOutput!, row, rows, pooled.panels),
      );
      const { first, last } = ownSequences(context, stack);
      for (let row = first; row < last; row++) {
        layers.forEach(({ dFinal, panels }, i) => {
          const panel = summed ? 0 : i * panels;
          kernels.copyPanels(shifted(dFinal!.h, 0, row), shifted(dPooled!, panel, row), 1, panels);
        });
      }
    },
  };
}

function poolMean(_: Planner, { pooled, dPooled }: PoolMemory): ReturnType<PoolKind> {
  return {
    forward(context, chunk, stack) {
      fillRows(context, pooled, 0);
      eachStep(context, chunk, stack, (_t, row, first, rows) => {
        context.kernels.addPanels(shifted(pooled, 0, first), shifted(stack.top.output, 0, row), rows, pooled.panels);
      });
      divide(context, stack, pooled);
    },
    backward(context, chunk, stack) {
      divide(context, stack, dPooled!);
      eachStep(context, chunk, stack, (_t, row, first, rows) => {
        context.kernels.copyPanels(
          shifted(stack.top.dOutput!, 0, row),
          shifted(dPooled!, 0, first),
          rows,
          pooled.panels,
        );
      });
    },
  };
}

/** Lower than any state, which lies in (-1, 1), or in (-2, 2) where directions are summed. */
const LOWEST = -4;

function poolMax({ arena, batchSize }: Planner, { pooled, dPooled }: PoolMemory): ReturnType<PoolKind> {
  // Int32, in the form of `pooled`: the time step of each maximum.
  const where = arena.activations(batchSize, pooled.panels);
  return {
    forward(context, chunk, stack) {
      fillRows(context, pooled, LOWEST);
      fillRows(context, where, 0);
      eachStep(context, chunk, stack, (t, row, first, rows) => {
        const from = shifted(stack.top.output, 0, row);
        context.kernels.maxPanels(shifted(pooled, 0, first), shifted(where, 0, first), from, t, rows, pooled.panels);
      });
      const { first, last, lengths } = ownSequences(context, stack);
      for (let row = first; row < last; row++) {
        if (context.i32[lengths + row] === 0) clearPanels(context, pooled, row, 1);
      }
    },
    backward(context, chunk, stack) {
      eachStep(context, chunk, stack, (t, row, first, rows) => {
        const to = shifted(stack.top.dOutput!, 0, row);
        context.kernels.selectPanels(to, shifted(where, 0, first), shifted(dPooled!, 0, first), t, rows, pooled.panels);
      });
    },
  };
}

/** Fills this thread's rows. */
function fillRows(context: Context, matrix: PanelMatrix, value: number): void {
  const [first, last] = ownShare(context, context.batchSize);
  for (let panel = 0; panel < matrix.panels; panel++) {
    const start = f32Index(at(matrix, panel, first));
    context.f32.fill(value, start, start + (last - first) * PANEL);
  }
}

/** Divides this thread's rows by the lengths of their sequences. */
function divide(context: Context, stack: Stack, matrix: PanelMatrix): void {
  const { f32, i32 } = context;
  const { first, last, lengths } = ownSequences(context, stack);
  for (let row = first; row < last; row++) {
    const length = i32[lengths + row];
    if (length === 0) continue;
    for (let panel = 0; panel < matrix.panels; panel++) {
      const start = f32Index(at(matrix, panel, row));
      for (let i = start; i < start + PANEL; i++) f32[i] /= length;
    }
  }
}
