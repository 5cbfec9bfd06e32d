/**
 * A model of `fill` token by token: what the tokens before a position say about it, and what those after it say. The
 * output layer reads both states side by side, so that its logits are the sum of those of either half; each half with a
 * stack is a language model of its own, forwards or backwards, and the two log-probabilities added up are those of the
 * whole but for a constant.
 */

import { createStepModel, type EngineStepModel, type StepState, type Tensor } from '../engine/index.ts';
import type { ModelConfig } from '../model/index.ts';
import { modelConfig, type Run } from '../run/index.ts';

/** Reads tokens one after the other, some rows at once. */
export interface Side {
  /** Before the first token. */
  start(rows: number): Read;
  next(read: Read, tokens: ArrayLike<number>): Read;
  /** The given rows, repeats allowed. */
  select(read: Read, rows: ArrayLike<number>): Read;
}

/** Where rows are, and what that says about the token that comes next: (rows, V) log-probabilities. */
export interface Read {
  state: StepState;
  logProbabilities: Float32Array;
}

export interface FillSteps {
  vocabulary: number;
  /** From the tokens before a position, read forwards. */
  past: Side;
  /** From those after it, read backwards. */
  future: Side;
  /** What the past alone says: the probabilities of a language model. */
  alone: Side;
}

export function createFillSteps({ config, parameters }: Pick<Run, 'config' | 'parameters'>): FillSteps {
  const model = modelConfig(config);
  const { hidden: H, vocabulary: V } = model;
  const lm: ModelConfig = { ...model, task: 'lm' };
  const named = new Map(parameters.map((tensor) => [tensor.name, tensor.data]));
  const output = named.get('output.weight')!;
  const half = (first: number): Float32Array => {
    const data = new Float32Array(V * H);
    for (let row = 0; row < V; row++) data.set(output.subarray(2 * row * H + first, 2 * row * H + first + H), row * H);
    return data;
  };
  const side = (stack: 'past' | 'future', weight: Float32Array, bias: Float32Array): Side => {
    const own = parameters.flatMap((tensor): Tensor[] => {
      if (tensor.name === 'embedding.weight') return [tensor];
      return tensor.name.startsWith(`${stack}.`) ? [{ ...tensor, name: tensor.name.replace(stack, 'rnn') }] : [];
    });
    const head = [
      { name: 'output.weight', shape: [V, H], data: weight },
      { name: 'output.bias', shape: [V], data: bias },
    ];
    return createSide(createStepModel(lm, [...own, ...head]), bias);
  };
  return {
    vocabulary: V,
    past: side('past', half(0), named.get('output.bias')!),
    future: side('future', half(H), new Float32Array(V)),
    alone: side('past', named.get('past_output.weight')!, named.get('past_output.bias')!),
  };
}

/** Before the first token all states are 0, so that the bias alone speaks. */
function createSide(model: EngineStepModel, bias: Float32Array): Side {
  const V = bias.length;
  const shift = Math.log(bias.reduce((sum, value) => sum + Math.exp(value), 0));
  const first = bias.map((value) => value - shift);
  return {
    start(rows) {
      const logProbabilities = new Float32Array(rows * V);
      for (let row = 0; row < rows; row++) logProbabilities.set(first, row * V);
      return { state: model.start(rows), logProbabilities };
    },
    next({ state: before }, tokens) {
      const { state, logProbabilities } = model.next(before, tokens);
      return { state, logProbabilities: logProbabilities.slice() };
    },
    select({ state, logProbabilities }, rows) {
      const selected = new Float32Array(rows.length * V);
      for (let i = 0; i < rows.length; i++) {
        selected.set(logProbabilities.subarray(rows[i] * V, (rows[i] + 1) * V), i * V);
      }
      return { state: model.select(state, rows), logProbabilities: selected };
    },
  };
}
