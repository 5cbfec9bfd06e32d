/**
 * A stack of recurrent layers over one sequence, forwards, backwards in time, or both: a layer, a direction and a time
 * step at a time.
 */

import type { ModelConfig } from '../../src/model/config.ts';
import { type Cell, type CellState, type CellStep, createCell, type LayerWeights, zeroState } from './cells.ts';
import type { NormWeights } from './layer-norm.ts';
import type { Values } from './model.ts';
import { layerSuffix, type StackShape } from './shapes.ts';

/**
 * Dropout: what a layer's output (W), or for layer -1 the embedding (E), is multiplied by at a time step on its way to
 * the next layer.
 */
export type Mask = (layer: number, t: number) => Float64Array | undefined;

export interface StackInput {
  tokens: ArrayLike<number>;
  /** A layer at a time, the state before the first token, in the forward direction; zero if absent. */
  initial?: readonly CellState[] | undefined;
  mask?: Mask;
}

export interface StackRun {
  /** The top layer's output (W) after each token. */
  outputs: Float64Array[];
  /**
   * Each layer's state after its last token, which in the reverse direction is the first one of the sequence; merged as
   * the outputs are (W).
   */
  finals: CellState[];
  /** Each layer's state in its first direction after `count` tokens (H). */
  statesAfter(count: number): CellState[];
  /** Given the gradients of `outputs` and `finals`, adds to `gradients`; returns those of `initial`. */
  backward(outputs: readonly Float64Array[], finals: readonly CellState[] | undefined, gradients: Values): CellState[];
}

export function runStack(
  config: ModelConfig,
  parameters: Values,
  stack: StackShape,
  { tokens, initial, mask }: StackInput,
): StackRun {
  const { hidden: H } = config;
  const { directions } = stack;
  const cell = createCell(config);
  const weightsOf = (values: Values, layer: number, direction: Direction) =>
    layerWeights(values, stack.name, layerSuffix(stack, layer, direction), H);
  const merged = (runs: LayerRun[], read: (run: LayerRun) => Float64Array) => merge(config, runs.map(read));

  let outputs = Array.from(tokens, (token) => inputVector(config, parameters, stack, token));
  const layers: LayerRun[][] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const inputs = outputs.map((x, t) => multiply(x, mask?.(layer - 1, t)));
    layers[layer] = directions.map((direction) => {
      const before = (direction === 'forward' && initial?.[layer]) || zeroState(H);
      return runLayer(cell, weightsOf(parameters, layer, direction), inputs, direction, before);
    });
    outputs = inputs.map((_, t) => merged(layers[layer], ({ steps }) => steps[t].after.h));
  }

  return {
    outputs,
    finals: layers.map((runs) => ({
      h: merged(runs, ({ final }) => final.h),
      c: merged(runs, ({ final }) => final.c),
    })),
    statesAfter: (count) =>
      layers.map(([{ steps }], layer) => (count > 0 ? steps[count - 1].after : (initial?.[layer] ?? zeroState(H)))),
    backward(fromOutputs, fromFinals, gradients) {
      const fromInitial: CellState[] = [];
      let fromAbove = [...fromOutputs];
      for (let layer = config.layers - 1; layer >= 0; layer--) {
        const backs = directions.map((direction, k) => {
          const part = (gradient: Float64Array) => split(config, gradient, directions.length)[k];
          const final = fromFinals ? { h: part(fromFinals[layer].h), c: part(fromFinals[layer].c) } : zeroState(H);
          const weights = weightsOf(parameters, layer, direction);
          const weightGradients = weightsOf(gradients, layer, direction);
          const steps = layers[layer][k].steps;
          return layerBackward(cell, weights, steps, direction, fromAbove.map(part), final, weightGradients);
        });
        fromInitial[layer] = backs[0].before;
        fromAbove = fromAbove.map((_, t) =>
          multiply(backs.map(({ inputs }) => inputs[t]).reduce(add), mask?.(layer - 1, t)),
        );
      }
      if (config.embedding > 0) {
        fromAbove.forEach((x, t) => {
          x.forEach((value, column) => {
            gradients[stack.embedding][tokens[t] * config.embedding + column] += value;
          });
        });
      }
      return fromInitial;
    },
  };
}

type Direction = StackShape['directions'][number];

interface LayerRun {
  /** By time step, whatever the direction. */
  steps: CellStep[];
  final: CellState;
}

/** Time steps in the order in which a direction visits them. */
function timeSteps(count: number, direction: Direction): number[] {
  return Array.from({ length: count }, (_, i) => (direction === 'forward' ? i : count - 1 - i));
}

function runLayer(
  cell: Cell,
  weights: LayerWeights,
  inputs: readonly Float64Array[],
  direction: Direction,
  before: CellState,
): LayerRun {
  const steps: CellStep[] = [];
  let state = before;
  for (const t of timeSteps(inputs.length, direction)) {
    steps[t] = cell.forward(weights, inputs[t], state);
    state = steps[t].after;
  }
  return { steps, final: state };
}

/** Given the gradients of a layer's outputs by time step and of its final state, those of its inputs and its first state. */
function layerBackward(
  cell: Cell,
  weights: LayerWeights,
  steps: readonly CellStep[],
  direction: Direction,
  outputs: readonly Float64Array[],
  final: CellState,
  gradients: LayerWeights,
): { inputs: Float64Array[]; before: CellState } {
  const inputs: Float64Array[] = [];
  let state = final;
  for (const t of timeSteps(steps.length, direction).reverse()) {
    const after = { h: add(state.h, outputs[t]), c: state.c };
    const back = cell.backward(weights, steps[t], after, gradients);
    inputs[t] = back.x;
    state = back.before;
  }
  return { inputs, before: state };
}

/** What the directions of a layer give, as one vector: side by side, or added. */
function merge({ merge }: ModelConfig, parts: readonly Float64Array[]): Float64Array {
  return merge === 'sum' ? parts.reduce(add) : Float64Array.from(parts.flatMap((part) => [...part]));
}

/** The gradient of each direction's part of a merged vector. */
function split({ merge }: ModelConfig, gradient: Float64Array, directions: number): Float64Array[] {
  const width = gradient.length / directions;
  return Array.from({ length: directions }, (_, k) =>
    merge === 'sum' ? gradient : gradient.subarray(k * width, (k + 1) * width),
  );
}

/** The token's row of the stack's embedding (E), or a one-hot vector (V). */
function inputVector(config: ModelConfig, parameters: Values, stack: StackShape, token: number): Float64Array {
  const E = config.embedding;
  if (E > 0) return parameters[stack.embedding].slice(token * E, (token + 1) * E);
  const oneHot = new Float64Array(stack.vocabulary);
  oneHot[token] = 1;
  return oneHot;
}

/** Without biases (those of layer normalization come behind the sums) they are 0, and their gradients go nowhere. */
export function layerWeights(values: Values, stack: string, suffix: string, H: number): LayerWeights {
  const named = (name: string): Float64Array | undefined => values[`${stack}.${name}${suffix}`];
  const norm = (name: string): NormWeights | undefined => {
    const [gain, bias] = [named(`${name}_weight`), named(`${name}_bias`)];
    return gain && bias && { gain, bias };
  };
  const recurrent = named('weight_hh') ?? new Float64Array();
  return {
    input: named('weight_ih')!,
    recurrent,
    inputBias: named('bias_ih') ?? new Float64Array(recurrent.length / H),
    recurrentBias: named('bias_hh') ?? new Float64Array(recurrent.length / H),
    norm: norm('norm'),
    cellNorm: norm('cell_norm'),
  };
}

export function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, j) => value + b[j]);
}

export function multiply(vector: Float64Array, mask: Float64Array | undefined): Float64Array {
  return mask ? vector.map((value, j) => value * mask[j]) : vector;
}
