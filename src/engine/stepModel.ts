/**
 * A model for decoding: one time step at a time for a few rows, on this thread, with weights packed once.
 */

import { chooseVariant, type KernelChoice } from '../kernels/index.ts';
import type { ModelConfig } from '../model/index.ts';
import { type Context, createContext } from './context.ts';
import { createMemory, stateMatrices } from './engine.ts';
import { createLayout, type SoftmaxLayout } from './layout.ts';
import { fillLogits } from './output.ts';
import { packWeights } from './pack.ts';
import { at, PANEL, type PanelMatrix } from './panels.ts';
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
          tailRows: [],
          usedRows: 0,
          staleRows: 0,
        });
        eachPanel(rows, GROUP_ROWS, (inState, inMemory) => {
          state.values.set(context.f32.subarray(inMemory, inMemory + count * PANEL), inState + first * PANEL);
        });
        logProbabilitiesOf(context, count, logProbabilities, first * model.vocabulary);
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
function logProbabilitiesOf(context: Context, rows: number, to: Float32Array, offset: number): void {
  const { kernels, layout } = context;
  const { vocabulary: V, cutoffs } = layout.options.model;
  const top = layout.layers[layout.layers.length - 1];
  if (!cutoffs) {
    logSoftmax(context, layout.output, top.h, GROUP_ROWS, rows, to, offset, V);
    return;
  }
  const { classes } = layout.output;
  const head = new Float32Array(rows * classes);
  logSoftmax(context, layout.output, top.h, GROUP_ROWS, rows, head, 0, classes);
  for (let row = 0; row < rows; row++) {
    to.set(head.subarray(row * classes, row * classes + cutoffs[0]), offset + row * V);
  }
  layout.tails.forEach(({ first, softmax, projected, projectionForward: w }, i) => {
    const x = { base: at(top.h, 0, GROUP_ROWS), step: top.h.step };
    for (let panel = 0; panel < w.panels; panel++) kernels.clear(at(projected, panel, 0), rows * PANEL);
    kernels.productRows(projected.base, projected.step, x.base, x.step, w.base, w.step, rows, w.panels, top.units);
    logSoftmax(context, softmax, projected, 0, rows, to, offset + first, V);
    for (let row = 0; row < rows; row++) {
      const cluster = head[row * classes + cutoffs[0] + i];
      const start = offset + row * V + first;
      for (let token = start; token < start + softmax.classes; token++) to[token] += cluster;
    }
  });
}

/** Log-probabilities of a softmax's classes for some rows of its input, `stride` apart in `to`. */
function logSoftmax(
  context: Context,
  softmax: SoftmaxLayout,
  input: PanelMatrix,
  inputRow: number,
  rows: number,
  to: Float32Array,
  offset: number,
  stride: number,
): void {
  const { kernels, layout, f32 } = context;
  const { logits, classes, blockRows } = softmax;
  const { largest, sums } = layout;
  for (let first = 0; first < rows; first += blockRows) {
    const count = Math.min(blockRows, rows - first);
    fillLogits(context, softmax, input, inputRow + first, 0, count);
    for (let row = 0; row < count; row++) {
      for (let token = 0; token < classes; token += PANEL) {
        const from = at(logits, token / PANEL, row) / 4;
        to.set(f32.subarray(from, from + Math.min(PANEL, classes - token)), offset + (first + row) * stride + token);
      }
    }
    kernels.softmaxExponentials(logits.base, logits.step, count, logits.panels, largest, sums);
    for (let row = 0; row < count; row++) {
      const shift = f32[largest / 4 + row * PANEL] + Math.log(f32[sums / 4 + row * PANEL]);
      const start = offset + (first + row) * stride;
      for (let i = start; i < start + classes; i++) to[i] -= shift;
    }
  }
}
