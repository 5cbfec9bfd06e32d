/**
 * What happens inside of a language model's layers: gradients of states on their way back in time, gate values on their way
 * forward. The computation is a training step's, on this thread, without dropout and without an update.
 */

import { at, f32Index, type KernelChoice, PANEL, type PanelMatrix, shifted } from '../../kernels/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import type { Chunk } from '../chunk.ts';
import { networkOf } from '../networks/index.ts';
import { backwardLayer, type Cell, clearPanels, forwardStack, type Layer } from '../parts/index.ts';
import { writeBatch } from '../step/index.ts';
import type { Context } from '../team/index.ts';
import type { Tensor } from '../types.ts';
import { createInference, type Inference } from './inference.ts';

/**
 * Mean over sequences of the gradients' Euclidean norms, by state (`h`, and for the LSTM `c`); index k is k steps before the loss.
 * 0 at k = 0 but for h, as the loss sees the others through h alone.
 */
export type StateGradients = { h: number[] } & Record<string, number[]>;

/** What a layer computes for one sequence: for each name (T, H) values, row-major. */
export type Activations = Record<string, Float32Array>;

/** What the layers' cell says of its values. */
export type CellFacts = Pick<Cell, 'states' | 'candidates' | 'keeps'>;

export interface Inspector {
  readonly cell: CellFacts;
  /**
   * Norms of the gradient of the loss at a sequence's last token with respect to the states of each layer before, the
   * lowest layer first, from k = 0 (the state that predicts it) to at most `most`. The states are separate arguments of
   * the step that comes after them: the one is held where the other changes. Each sequence starts from zero states.
   */
  gradients(sequences: readonly ArrayLike<number>[], most: number): StateGradients[];
  /**
   * Calls `visit` with what each layer (0 is the lowest) computes for each sequence: its gates and its states by name. The
   * values are valid during the call.
   */
  activations(
    sequences: readonly ArrayLike<number>[],
    visit: (sequence: number, layer: number, values: Activations) => void,
  ): void;
}

/** Sequences that go side by side, if they are equally long. */
const ROWS = 32;

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
  const sizes = { model, batchSize: ROWS, sequenceLength: length, training };
  const inference = createInference(networkOf(model), sizes, parameters, kernel, 'look at shorter sequences');
  return {
    cell: stackOf(inference).layers[0].cell,
    gradients(sequences, most) {
      const { layers } = stackOf(inference);
      const sums = layers.map(({ cell }) => Object.fromEntries(cell.states.map((name) => [name, [] as number[]])));
      const counts: number[] = [];
      for (const group of groups(sequences)) {
        const rows = group.map((i) => sequences[i]);
        const deepest = Math.min(most, rows[0].length - 2);
        for (let k = 0; k <= deepest; k++) counts[k] = (counts[k] ?? 0) + rows.length;
        backward(inference, rows, (layer, state, k, norms) => {
          // The mean is over rows, each with a loss of its own; the batch's loss is already a mean.
          if (k <= deepest) sums[layer][state][k] = (sums[layer][state][k] ?? 0) + rows.length * norms;
        });
      }
      return sums.map((layer) => {
        const means = Object.entries(layer).map(([name, all]) => [name, all.map((sum, k) => sum / counts[k])]);
        return Object.fromEntries(means) as StateGradients;
      });
    },
    activations(sequences, visit) {
      for (const group of groups(sequences)) {
        const rows = group.map((i) => sequences[i]);
        const steps = rows[0].length;
        forward(inference, rows, steps, []);
        for (const [index, layer] of stackOf(inference).layers.entries()) {
          for (const [row, i] of group.entries()) visit(i, index, activationsOf(inference, layer, row, steps));
        }
      }
    },
  };
}

/** The only stack, and its layers, the lowest first. */
function stackOf({ plan }: Inference) {
  const [stack] = plan.network.stacks;
  return { stack, layers: stack.levels.map((level) => level.layers[0]) };
}

/** Reads the first `steps` tokens of some sequences from zero states; `targets` is one a row. */
function forward(
  inference: Inference,
  sequences: readonly ArrayLike<number>[],
  steps: number,
  targets: readonly number[],
): Chunk {
  const { context, plan } = inference;
  const { stack, layers } = stackOf(inference);
  const inputs = new Int32Array(steps * ROWS);
  // The output layer gets one time step (see `backwardOutput`), so targets lie at the first.
  const allTargets = new Int32Array(steps * ROWS).fill(-1);
  const lengths = new Int32Array(ROWS);
  for (const [row, tokens] of sequences.entries()) {
    for (let t = 0; t < steps; t++) inputs[t * ROWS + row] = tokens[t];
    allTargets[row] = targets[row] ?? -1;
    lengths[row] = steps;
  }
  const written = writeBatch(context.i32, plan, { steps, inputs, targets: allTargets, lengths, fresh: true });
  for (const { states } of layers) for (const state of Object.values(states)) clearPanels(context, state, 0, ROWS);
  const chunk = { ...written, training: true, update: 0, learningRate: 0, usedRows: [], staleRows: [] };
  forwardStack(context, chunk, stack);
  return chunk;
}

/** From the loss at the last token of each row back to the first, with the sum over rows of the norms at each step. */
function backward(
  inference: Inference,
  rows: readonly ArrayLike<number>[],
  visit: (layer: number, state: string, k: number, norms: number) => void,
): void {
  const { context } = inference;
  const { stack, layers } = stackOf(inference);
  const steps = rows[0].length - 1;
  const targets = rows.map((tokens) => tokens[steps]);
  const chunk = forward(inference, rows, steps, targets);
  backwardOutput(inference, chunk, steps);
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index];
    const { cell, panels } = layer;
    const { h: dh, ...others } = layer.dStates!;
    backwardLayer(context, chunk, stack, stack.levels[index], layer, (t) => {
      for (const name of cell.states.slice(1)) {
        visit(index, name, steps - 1 - t, sumOfNorms(context, others[name], panels, 0, rows.length));
      }
    });
    for (let t = steps - 1; t >= 0; t--) {
      visit(index, 'h', steps - 1 - t, sumOfNorms(context, dh, panels, (t + 1) * ROWS, rows.length));
    }
  }
}

/** Gates and states of a row of the batch. */
function activationsOf({ context, plan }: Inference, layer: Layer, row: number, steps: number): Activations {
  const { hidden } = plan.options.model;
  const { states, panels, cell } = layer;
  const values: Activations = {};
  for (const [gate, name] of cell.gates.entries()) {
    values[name] = readUnits(context, shifted(layer.values, gate * panels, 0), hidden, row, steps);
  }
  for (const name of cell.states) values[name] = readUnits(context, states[name], hidden, ROWS + row, steps);
  return values;
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
function backwardOutput({ context, plan }: Inference, chunk: Chunk, steps: number): void {
  const [head] = plan.network.heads;
  const { matrix, gradient } = head.features;
  const last = (steps - 1) * ROWS;
  clearPanels(context, gradient!, 0, last);
  const top = { matrix: shifted(matrix, 0, last), gradient: shifted(gradient!, 0, last), dropped: undefined };
  head.run(context, { ...chunk, outputRows: ROWS }, top);
}

/** The sum of the Euclidean norms of `rows` rows of H units; padded units are 0. */
function sumOfNorms({ f32 }: Context, matrix: PanelMatrix, panels: number, row: number, rows: number): number {
  let sum = 0;
  for (let r = row; r < row + rows; r++) {
    let squares = 0;
    for (let panel = 0; panel < panels; panel++) {
      const from = f32Index(at(matrix, panel, r));
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
      values[t * hidden + unit] = f32[f32Index(at(matrix, Math.floor(unit / PANEL), t * ROWS + row)) + (unit % PANEL)];
    }
  }
  return values;
}
