/**
 * What happens inside of a language model's layers: gradients of states on their way back in time, gate values on their way
 * forward. The computation is a training step's, on this thread, without dropout and without an update.
 */

import type { KernelChoice } from '../kernels/index.ts';
import type { ModelConfig } from '../model/index.ts';
import { backwardStep, startStateGradient } from './backward.ts';
import { type Chunk, writeBatch } from './chunk.ts';
import type { Context } from './context.ts';
import { forwardStack } from './forward.ts';
import { inferenceContext } from './inference.ts';
import type { Features } from './layout.ts';
import { clearPanels } from './linear.ts';
import { outputLayer } from './output.ts';
import { at, PANEL, type PanelMatrix, shifted } from './panels.ts';
import { passOf } from './pass.ts';
import type { CellForm } from './stack-layout.ts';
import type { Tensor } from './types.ts';

/** Mean over sequences of the gradients' Euclidean norms; index k is k steps before the loss. */
export interface StateGradients {
  h: number[];
  /** LSTM. 0 at k = 0, as the loss sees c through h alone. */
  c?: number[];
}

/** What a layer computes for one sequence: for each name (T, H) values, row-major. */
export type Activations = Record<string, Float32Array>;

export interface Inspector {
  /**
   * Norms of the gradient of the loss at a sequence's last token with respect to the states of each layer before, the
   * lowest layer first, from k = 0 (the state that predicts it) to at most `most`. h and c are separate arguments of
   * the step that comes after them: the one is held where the other changes. Each sequence starts from zero states.
   */
  gradients(sequences: readonly ArrayLike<number>[], most: number): StateGradients[];
  /**
   * Calls `visit` with what each layer (0 is the lowest) computes for each sequence: its gates by name, `h`, and in an
   * LSTM `c`. The values are valid during the call.
   */
  activations(
    sequences: readonly ArrayLike<number>[],
    visit: (sequence: number, layer: number, values: Activations) => void,
  ): void;
}

/** Sequences that go side by side, if they are equally long. */
const ROWS = 32;

/** Names of the gates as z holds them. */
const GATES: Record<CellForm['kind'], readonly string[]> = {
  rnn: [],
  lstm: ['i', 'f', 'g', 'o'],
  'gru before': ['r', 'z', 'n'],
  'gru after': ['r', 'z', 'n'],
  'gru simple': ['z', 'n'],
};

/**
 * An inspector for sequences of up to `length` tokens. `parameters` are copied.
 *
 * @throws InputError when that takes more memory than there is.
 */
export function createInspector(
  model: ModelConfig,
  parameters: readonly Tensor[],
  length: number,
  kernel: KernelChoice = 'auto',
): Inspector {
  const training = { optimizer: { name: 'sgd', weightDecay: 0, clip: 0 }, dropout: 0, seed: 0 } as const;
  const context = inferenceContext({ model, batchSize: ROWS, sequenceLength: length, training }, parameters, kernel);
  const { layout } = context;
  const [stack] = layout.stacks;
  const layers = stack.levels.map((level) => level.layers[0]);

  /** Reads the first `steps` tokens of some sequences from zero states; `targets` is one a row. */
  const forward = (sequences: readonly ArrayLike<number>[], steps: number, targets: readonly number[]): Chunk => {
    const inputs = new Int32Array(steps * ROWS);
    // The output layer gets one time step (see `backwardOutput`), so targets lie at the first.
    const allTargets = new Int32Array(steps * ROWS).fill(-1);
    const lengths = new Int32Array(ROWS);
    for (const [row, tokens] of sequences.entries()) {
      for (let t = 0; t < steps; t++) inputs[t * ROWS + row] = tokens[t];
      allTargets[row] = targets[row] ?? -1;
      lengths[row] = steps;
    }
    const written = writeBatch(context.i32, layout, { steps, inputs, targets: allTargets, lengths, fresh: true });
    for (const { h, c } of layers) for (const state of c ? [h, c] : [h]) clearPanels(context, state, 0, ROWS);
    const chunk = { ...written, training: true, update: 0, learningRate: 0, usedRows: [], staleRows: [] };
    forwardStack(context, chunk, stack);
    return chunk;
  };

  return {
    gradients(sequences, most) {
      const sums = layers.map(({ c }) => ({ h: [] as number[], ...(c ? { c: [] as number[] } : {}) }));
      const counts: number[] = [];
      for (const group of groups(sequences)) {
        const rows = group.map((i) => sequences[i]);
        const steps = rows[0].length - 1;
        const chunk = forward(
          rows,
          steps,
          rows.map((tokens) => tokens[steps]),
        );
        backwardOutput(context, chunk, steps);
        const deepest = Math.min(most, steps - 1);
        for (let k = 0; k <= deepest; k++) counts[k] = (counts[k] ?? 0) + rows.length;
        for (let index = layers.length - 1; index >= 0; index--) {
          const pass = passOf(context, chunk, stack, layers[index]);
          const { dh, units, c } = layers[index];
          const own = sums[index];
          // The mean is over rows, each with a loss of its own; the batch's loss is already a mean.
          const add = (to: number[], k: number, matrix: PanelMatrix, row: number): void => {
            if (k <= deepest) to[k] = (to[k] ?? 0) + rows.length * sumOfNorms(context, matrix, units, row, rows.length);
          };
          startStateGradient(context, pass);
          for (let t = steps - 1; t >= 0; t--) {
            if (c) add(own.c!, steps - 1 - t, layout.dState!, 0);
            backwardStep(context, pass, t);
          }
          for (let t = steps - 1; t >= 0; t--) add(own.h, steps - 1 - t, dh!, (t + 1) * ROWS);
        }
      }
      const means = (all: number[]): number[] => all.map((sum, k) => sum / counts[k]);
      return sums.map(({ h, c }) => ({ h: means(h), ...(c ? { c: means(c) } : {}) }));
    },
    activations(sequences, visit) {
      for (const group of groups(sequences)) {
        const rows = group.map((i) => sequences[i]);
        const steps = rows[0].length;
        forward(rows, steps, []);
        for (const [index, { z, h, c, units }] of layers.entries()) {
          const read = (matrix: PanelMatrix, row: number) => readUnits(context, matrix, model.hidden, row, steps);
          for (const [row, i] of group.entries()) {
            const values: Activations = {};
            for (const [gate, name] of GATES[layout.form.kind].entries()) {
              values[name] = read(shifted(z, gate * units, 0), row);
            }
            values.h = read(h, ROWS + row);
            if (c) values.c = read(c, ROWS + row);
            visit(i, index, values);
          }
        }
      }
    },
  };
}

/** Sequences of one length, at most `ROWS` of them, as indices; longest first. */
function groups(sequences: readonly ArrayLike<number>[]): number[][] {
  const order = sequences.map((_, i) => i).sort((a, b) => sequences[b].length - sequences[a].length);
  const found: number[][] = [];
  for (const i of order) {
    const last = found[found.length - 1];
    if (last && last.length < ROWS && sequences[last[0]].length === sequences[i].length) last.push(i);
    else found.push([i]);
  }
  return found;
}

/** The output layer for the last of `steps` time steps alone: leaves the gradient of the top states, 0 at the steps before. */
function backwardOutput(context: Context, chunk: Chunk, steps: number): void {
  const { features } = context.layout;
  const last = (steps - 1) * ROWS;
  clearPanels(context, features.gradient!, 0, last);
  const top: Features = { matrix: shifted(features.matrix, 0, last), gradient: shifted(features.gradient!, 0, last) };
  outputLayer({ ...context, layout: { ...context.layout, features: top } }, { ...chunk, outputRows: ROWS });
}

/** The sum of the Euclidean norms of `rows` rows of H units; padded units are 0. */
function sumOfNorms({ f32 }: Context, matrix: PanelMatrix, units: number, row: number, rows: number): number {
  let sum = 0;
  for (let r = row; r < row + rows; r++) {
    let squares = 0;
    for (let u = 0; u < units; u++) {
      const from = at(matrix, u, r) / 4;
      for (let i = from; i < from + PANEL; i++) squares += f32[i] * f32[i];
    }
    sum += Math.sqrt(squares);
  }
  return sum;
}

/** (T, H): row `row` and every `ROWS` rows from there. */
function readUnits({ f32 }: Context, matrix: PanelMatrix, hidden: number, row: number, steps: number): Float32Array {
  const values = new Float32Array(steps * hidden);
  for (let t = 0; t < steps; t++) {
    for (let unit = 0; unit < hidden; unit++) {
      values[t * hidden + unit] = f32[at(matrix, Math.floor(unit / PANEL), t * ROWS + row) / 4 + (unit % PANEL)];
    }
  }
  return values;
}
