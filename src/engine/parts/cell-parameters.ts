/** Parameters that most cells have alike: weights of the input and of the state for G gates, and a bias for each. */

import { type Initial, type ParameterSpec, uniform, zeros } from '../../model/index.ts';
import type { CellShape } from './cell.ts';

/**
 * With one-hot input the columns of `weight_ih` are a table of the tokens' own gate sums: they start as wide as an embedding
 * of size H would make them, since a small start there learns far more slowly.
 */
const oneHotInput: Initial = (values, random) => {
  for (let i = 0; i < values.length; i++) values[i] = random.normal() / Math.sqrt(3);
};

/** `weight_ih` (G*H, I), uniform in ±1/sqrt(H) (PyTorch's start). */
export function inputWeight({ hidden, input, oneHot }: CellShape, gates: number): ParameterSpec {
  return {
    name: 'weight_ih',
    shape: [gates * hidden, input],
    role: 'input',
    initial: oneHot ? oneHotInput : uniform(1 / Math.sqrt(hidden)),
    tokens: oneHot ? 'columns' : 'none',
  };
}

/** `weight_hh` (G*H, H), uniform in ±1/sqrt(H). */
export function recurrentWeight({ hidden }: CellShape, gates: number): ParameterSpec {
  return {
    name: 'weight_hh',
    shape: [gates * hidden, hidden],
    role: 'recurrent',
    initial: uniform(1 / Math.sqrt(hidden)),
    tokens: 'none',
  };
}

/** A bias (G*H), 0 unless said otherwise. */
export function gateBias(name: string, { hidden }: CellShape, gates: number, initial: Initial = zeros): ParameterSpec {
  return { name, shape: [gates * hidden], role: 'bias', initial, tokens: 'none' };
}

/** Both weights and both biases. */
export function gatedParameters(shape: CellShape, gates: number, initialBias: Initial = zeros): ParameterSpec[] {
  return [
    inputWeight(shape, gates),
    recurrentWeight(shape, gates),
    gateBias('bias_ih', shape, gates, initialBias),
    gateBias('bias_hh', shape, gates),
  ];
}
