/** Names, shapes and initial values of a model's parameters: PyTorch's, so that weights move between the two as they are. */

import type { ModelConfig } from './config.ts';

/** A parameter's name and shape; the order of a list of them is the order on the flat block. */
export interface ParameterShape {
  name: string;
  shape: number[];
}

/** Gates of a cell, stacked along the rows of its weights: LSTM (i, f, g, o), GRU (r, z, n), as in PyTorch. */
export function gateCount(cell: ModelConfig['cell']): number {
  return cell === 'lstm' ? 4 : cell === 'gru' ? 3 : 1;
}

/** Width of what goes into layer `layer`: the embedding (or V for one-hot input), then the hidden size. */
export function inputSize(config: ModelConfig, layer: number): number {
  if (layer > 0) return config.hidden;
  return config.embedding > 0 ? config.embedding : config.vocabulary;
}

/**
 * All parameters of a model, in order: `embedding.weight` (V, E) unless the input is one-hot; for each layer k
 * `rnn.weight_ih_lk` (G*H, I), `rnn.weight_hh_lk` (G*H, H), `rnn.bias_ih_lk` (G*H), `rnn.bias_hh_lk` (G*H);
 * `output.weight` (V, H) unless tied, and `output.bias` (V). An adaptive softmax has instead `output.head.weight` and `output.head.bias`, and for each
 * cluster i `output.tail.i.0.weight` (width, H) and `output.tail.i.1.weight` (tokens, width).
 */
export function parameterShapes(config: ModelConfig): ParameterShape[] {
  const { vocabulary: V, embedding: E, hidden: H } = config;
  const GH = gateCount(config.cell) * H;
  const shapes: ParameterShape[] = [];
  if (E > 0) shapes.push({ name: 'embedding.weight', shape: [V, E] });
  for (let layer = 0; layer < config.layers; layer++) {
    shapes.push({ name: `rnn.weight_ih_l${layer}`, shape: [GH, inputSize(config, layer)] });
    shapes.push({ name: `rnn.weight_hh_l${layer}`, shape: [GH, H] });
    shapes.push({ name: `rnn.bias_ih_l${layer}`, shape: [GH] });
    shapes.push({ name: `rnn.bias_hh_l${layer}`, shape: [GH] });
  }
  if (config.cutoffs) {
    const head = config.cutoffs[0] + config.cutoffs.length;
    shapes.push({ name: 'output.head.weight', shape: [head, H] }, { name: 'output.head.bias', shape: [head] });
    for (const [i, { size, width }] of clusters(config).entries()) {
      shapes.push({ name: `output.tail.${i}.0.weight`, shape: [width, H] });
      shapes.push({ name: `output.tail.${i}.1.weight`, shape: [size, width] });
    }
    return shapes;
  }
  if (!config.tie) shapes.push({ name: 'output.weight', shape: [V, H] });
  shapes.push({ name: 'output.bias', shape: [V] });
  return shapes;
}

/** A cluster of the adaptive softmax: its first token, how many it has, and the width to which the hidden state is projected. */
export interface Cluster {
  first: number;
  size: number;
  width: number;
}

/** The clusters of an adaptive softmax; cluster i has width H / 4^(i+1), as in PyTorch's `AdaptiveLogSoftmaxWithLoss`. */
export function clusters(config: Pick<ModelConfig, 'cutoffs' | 'hidden' | 'vocabulary'>): Cluster[] {
  const { cutoffs = [], hidden, vocabulary } = config;
  return cutoffs.map((first, i) => ({
    first,
    size: (cutoffs[i + 1] ?? vocabulary) - first,
    width: Math.max(1, Math.floor(hidden / 4 ** (i + 1))),
  }));
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function parameterCount(config: ModelConfig): number {
  return parameterShapes(config).reduce((sum, { shape }) => sum + elementCount(shape), 0);
}
