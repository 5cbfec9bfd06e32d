/** What decoding, prediction and inspection share: an engine's memory and kernels on this thread, with weights packed once. */

import { chooseVariant, type KernelChoice } from '../kernels/index.ts';
import { listPositions } from './attention.ts';
import { type Chunk, type Span, writeSequence } from './chunk.ts';
import { type Context, createContext } from './context.ts';
import { createMemory } from './engine.ts';
import { createLayout } from './layout.ts';
import { packWeights } from './pack.ts';
import { at, PANEL, type PanelMatrix } from './panels.ts';
import type { SequenceLayout } from './stack-layout.ts';
import { createThreads } from './threads.ts';
import type { EngineOptions, Tensor } from './types.ts';

/**
 * `parameters` are copied; each must have the name and size that the configuration gives it. With `training` there is
 * room for gradients, and weights are packed for the way back too.
 */
export function inferenceContext(
  options: Pick<EngineOptions, 'model' | 'batchSize' | 'sequenceLength' | 'sourceLength' | 'training'>,
  parameters: readonly Tensor[],
  kernel: KernelChoice,
): Context {
  const variant = chooseVariant(kernel);
  const layout = createLayout({ ...options, threads: 1, kernel: variant });
  const memory = createMemory(layout.bytes);
  const threads = createThreads(memory.buffer, layout.control, 0, 1);
  const context = createContext(memory, layout, variant, threads);
  const byName = new Map(parameters.map(({ name, data }) => [name, data]));
  for (const { name, value } of layout.parameters) context.f32.set(byName.get(name)!, value / 4);
  listPositions(context.i32, layout);
  packWeights(context, options.training !== undefined);
  return context;
}

/** A chunk to go forward through only. */
export function forwardChunk(spans: Span[]): Chunk {
  const { steps } = spans[0];
  return {
    spans,
    fresh: true,
    training: false,
    carry: steps,
    outputRows: 0,
    tokens: 0,
    update: 0,
    learningRate: 0,
    tailRows: [],
    usedRows: [],
    staleRows: [],
  };
}

/**
 * Indices of sequences in groups of at most `size`, the longest first, as batches need their rows. Throws a RangeError
 * if one is empty.
 */
export function groupsByLength(sequences: readonly ArrayLike<number>[], size: number): number[][] {
  if (sequences.some(({ length }) => length === 0)) throw new RangeError('an empty sequence has no prediction');
  const order = sequences.map((_, i) => i).sort((a, b) => sequences[b].length - sequences[a].length);
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
}

/** Writes some of the sequences into the memory, one a row, the longest first. */
export function writeGroup(
  { i32, layout }: Context,
  to: SequenceLayout,
  group: readonly number[],
  sequences: readonly ArrayLike<number>[],
): Span {
  const B = layout.options.batchSize;
  const steps = sequences[group[0]].length;
  const inputs = new Int32Array(steps * B);
  const lengths = new Int32Array(B);
  group.forEach((index, row) => {
    lengths[row] = sequences[index].length;
    for (let t = 0; t < lengths[row]; t++) inputs[t * B + row] = sequences[index][t];
  });
  return writeSequence(i32, to, B, layout.options.model.vocabulary, { steps, inputs, lengths });
}

/** The recurrent state of some rows: for each state matrix its panels one after the other, rows inside. */
export interface StepState {
  rows: number;
  values: Float32Array;
}

/** Moves states between `StepState`s and the first rows of state matrices. */
export interface StateStore {
  start(rows: number): StepState;
  /** Rows `first` to `first + count` of a state, to row 0 on of the matrices. */
  load(state: StepState, first: number, count: number): void;
  /** The same from row `row` on of the matrices. */
  store(state: StepState, first: number, count: number, row: number): void;
  select(state: StepState, rows: ArrayLike<number>): StepState;
}

/** Up to as many numbers are copied faster one by one than as views. */
const COPIED_ONE_BY_ONE = 2 * PANEL;

export function createStateStore({ f32 }: Context, matrices: readonly PanelMatrix[]): StateStore {
  /** Where each panel of the states begins in the memory. */
  const places = matrices.flatMap((matrix) =>
    Array.from({ length: matrix.panels }, (_, panel) => at(matrix, panel, 0) / 4),
  );
  const start = (rows: number): StepState => ({ rows, values: new Float32Array(rows * places.length * PANEL) });
  return {
    start,
    load({ rows, values }, first, count) {
      places.forEach((to, panel) => {
        copy(values, (panel * rows + first) * PANEL, f32, to, count * PANEL);
      });
    },
    store({ rows, values }, first, count, row) {
      places.forEach((place, panel) => {
        copy(f32, place + row * PANEL, values, (panel * rows + first) * PANEL, count * PANEL);
      });
    },
    select({ rows, values }, chosen) {
      const state = start(chosen.length);
      for (let panel = 0; panel < places.length; panel++) {
        for (let row = 0; row < chosen.length; row++) {
          copy(
            values,
            (panel * rows + chosen[row]) * PANEL,
            state.values,
            (panel * chosen.length + row) * PANEL,
            PANEL,
          );
        }
      }
      return state;
    },
  };
}

function copy(from: Float32Array, fromAt: number, to: Float32Array, toAt: number, count: number): void {
  if (count > COPIED_ONE_BY_ONE) to.set(from.subarray(fromAt, fromAt + count), toAt);
  else for (let i = 0; i < count; i++) to[toAt + i] = from[fromAt + i];
}
