/**
 * A model of `fill` token by token: what the tokens before a position say about it, and what those after it say. The
 * output layer reads both states side by side, so that its logits are the sum of those of either half; each half with a
 * stack is a language model of its own, forwards or backwards, and the two log-probabilities added up are those of the
 * whole but for a constant.
 */

import { createStepModel, type EngineStepModel, type StepState, type Tensor } from '../engine/index.ts';
import { modelConfig, type Run } from '../run/index.ts';

/** Half of the model: reads tokens one after the other, some rows at once. */
export interface Half {
  /** Before the first token. */
  start(rows: number): Reached;
  next(from: Reached, tokens: ArrayLike<number>): Reached;
  /** The given rows, repeats allowed. */
  select(from: Reached, rows: ArrayLike<number>): Reached;
}

/** Where rows are, and what that says about the token that comes next: (rows, V) log-probabilities. */
export interface Reached {
  state: StepState;
  logProbabilities: Float32Array;
}

export interface FillSteps {
  vocabulary: number;
  /** From the tokens before a position, read forwards. */
  past: Half;
  /** From those after it, read backwards. */
  future: Half;
  /** What the past alone says: the probabilities of a language model. */
  alone: Half;
}

export function createFillSteps(run: Pick<Run, 'config' | 'parameters'>): FillSteps {
  const { hidden: H, vocabulary: V } = modelConfig(run.config);
  const named = new Map(run.parameters.map(({ name, data }) => [name, data]));
  const weight = named.get('output.weight')!;
  const bias = named.get('output.bias')!;
  /** The columns of the output layer, (V, 2H), that read the state of one half: (V, H) from column `first` on. */
  const columns = (first: number): Float32Array => {
    const data = new Float32Array(V * H);
    for (let row = 0; row < V; row++) data.set(weight.subarray(2 * row * H + first, 2 * row * H + first + H), row * H);
    return data;
  };
  const half = (stack: 'past' | 'future', outputWeight: Float32Array, outputBias: Float32Array): Half =>
    createHalf(languageModel(run, stack, outputWeight, outputBias), outputBias);
  return {
    vocabulary: V,
    past: half('past', columns(0), bias),
    future: half('future', columns(H), new Float32Array(V)),
    alone: half('past', named.get('past_output.weight')!, named.get('past_output.bias')!),
  };
}

/**
 * A language model of one stack of a model of `fill`, with an output layer, (V, H) and (V). It relies on the names of the parameters:
 * both kinds of model have the same `embedding.weight`, and call those of a stack alike but for what is before the first point, which
 * is the stack's name in `fill` and `rnn` in a language model. Of what the configuration of `fill` has besides, nothing is in a half.
 */
function languageModel(
  { config, parameters }: Pick<Run, 'config' | 'parameters'>,
  stack: 'past' | 'future',
  outputWeight: Float32Array,
  outputBias: Float32Array,
): EngineStepModel {
  const model = modelConfig(config);
  const { hidden, vocabulary } = model;
  const own = parameters.flatMap((tensor): Tensor[] => {
    const [first, ...rest] = tensor.name.split('.');
    if (first === 'embedding') return [tensor];
    return first === stack ? [{ ...tensor, name: ['rnn', ...rest].join('.') }] : [];
  });
  const output = [
    { name: 'output.weight', shape: [vocabulary, hidden], data: outputWeight },
    { name: 'output.bias', shape: [vocabulary], data: outputBias },
  ];
  return createStepModel({ ...model, task: 'lm' }, [...own, ...output]);
}

/** Before the first token all states are 0, so that the bias alone speaks. */
function createHalf(model: EngineStepModel, bias: Float32Array): Half {
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
