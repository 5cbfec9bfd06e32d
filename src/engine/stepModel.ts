/**
 * A model for decoding: one time step at a time for a few rows, on this thread, with weights packed once.
 */

import { chooseVariant, type KernelChoice } from '../kernels/index.ts';
import type { ModelConfig } from '../model/index.ts';
import { type Context, createContext } from './context.ts';
import { createMemory, stateMatrices } from './engine.ts';
import { createLayout } from './layout.ts';
import { packWeights } from './pack.ts';
import { at, PANEL } from './panels.ts';
import { forwardLayers } from './recurrent.ts';
import { createThreads } from './threads.ts';
import type { Tensor } from './types.ts';

/** Rows computed at once; more rows go in several groups. */
const GROUP_ROWS = 64;

/** The recurrent state of some rows: for each state matrix its panels one after the other, rows inside. */
export interface StepState {
  rows: number;
  values: Float32Array;
}

/** The decoder's view of a model; it fits `StepModel<StepState>` of decode/. */
export interface EngineStepModel {
  readonly vocabulary: number;
  start(rows: number): StepState;
  next(state: StepState, tokens: ArrayLike<number>): { state: StepState; logProbabilities: Float32Array };
  select(state: StepState, rows: ArrayLike<number>): StepState;
}

/** `parameters` are copied; each must have the name and size that the configuration gives it. */
export function createStepModel(
  model: ModelConfig,
  parameters: readonly Tensor[],
  kernel: KernelChoice = 'auto',
): EngineStepModel {
  const layout = createLayout({ model, batchSize: GROUP_ROWS, sequenceLength: 1, threads: 1, kernel });
  const memory = createMemory(layout.bytes);
  const threads = createThreads(memory.buffer, layout.control, 0, 1);
  const context = createContext(memory, layout, chooseVariant(kernel), threads);
  const byName = new Map(parameters.map(({ name, data }) => [name, data]));
  for (const { name, value } of layout.parameters) context.f32.set(byName.get(name)!, value / 4);
  packWeights(context, false);

  const matrices = stateMatrices(layout).map(({ matrix }) => matrix);
  const panels = matrices.reduce((sum, matrix) => sum + matrix.panels, 0);
  let logProbabilities = new Float32Array(0);

  /** Calls `visit` for every panel: where it begins in a state of `rows` rows, and where in the memory, at row `row`. */
  const eachPanel = (rows: number, row: number, visit: (inState: number, inMemory: number) => void): void => {
    let inState = 0;
    for (const matrix of matrices) {
      for (let panel = 0; panel < matrix.panels; panel++, inState += rows * PANEL) {
        visit(inState, at(matrix, panel, row) / 4);
      }
    }
  };

  return {
    vocabulary: model.vocabulary,
    start: (rows) => ({ rows, values: new Float32Array(rows * panels * PANEL) }),
    next({ rows, values }, tokens) {
      const state = { rows, values: new Float32Array(values.length) };
      if (logProbabilities.length !== rows * model.vocabulary) {
        logProbabilities = new Float32Array(rows * model.vocabulary);
      }
      for (let first = 0; first < rows; first += GROUP_ROWS) {
        const count = Math.min(GROUP_ROWS, rows - first);
        eachPanel(rows, 0, (inState, inMemory) => {
          const from = inState + first * PANEL;
          context.f32.set(values.subarray(from, from + count * PANEL), inMemory);
        });
        for (let row = 0; row < count; row++) context.i32[layout.inputs / 4 + row] = tokens[first + row];
        forwardLayers(context, {
          steps: 1,
          fresh: false,
          training: false,
          active: [count],
          tokens: count,
          update: 0,
          learningRate: 0,
          usedRows: 0,
          staleRows: 0,
        });
        eachPanel(rows, GROUP_ROWS, (inState, inMemory) => {
          state.values.set(context.f32.subarray(inMemory, inMemory + count * PANEL), inState + first * PANEL);
        });
        logSoftmax(context, count, logProbabilities, first * model.vocabulary);
      }
      return { state, logProbabilities };
    },
    select({ rows, values }, chosen) {
      const state = { rows: chosen.length, values: new Float32Array(chosen.length * panels * PANEL) };
      for (let panel = 0; panel < panels; panel++) {
        for (let row = 0; row < chosen.length; row++) {
          const from = (panel * rows + chosen[row]) * PANEL;
          state.values.set(values.subarray(from, from + PANEL), (panel * chosen.length + row) * PANEL);
        }
      }
      return state;
    },
  };
}

/** The output layer on the new hidden states: (rows, V) log-probabilities into `to` from `offset` on. */
function logSoftmax(context: Context, rows: number, to: Float32Array, offset: number): void {
  const { kernels, layout, f32 } = context;
  const { logits, outputForward: w, largest, sums } = layout;
  const V = layout.options.model.vocabulary;
  const top = layout.layers[layout.layers.length - 1];
  kernels.fillRows(logits.base, logits.step, layout.outputBiasPadded, rows, w.panels);
  kernels.productRows(
    logits.base,
    logits.step,
    at(top.h, 0, GROUP_ROWS),
    top.h.step,
    w.base,
    w.step,
    rows,
    w.panels,
    top.units,
  );
  for (let row = 0; row < rows; row++) {
    for (let token = 0; token < V; token += PANEL) {
      const from = at(logits, token / PANEL, row) / 4;
      to.set(f32.subarray(from, from + Math.min(PANEL, V - token)), offset + row * V + token);
    }
  }
  kernels.softmaxExponentials(logits.base, logits.step, rows, w.panels, largest, sums);
  for (let row = 0; row < rows; row++) {
    const shift = f32[largest / 4 + row * PANEL] + Math.log(f32[sums / 4 + row * PANEL]);
    const first = offset + row * V;
    for (let i = first; i < first + V; i++) to[i] -= shift;
  }
}
