/** Names and shapes of a model's parameters: PyTorch's, so that weights move between the two as they are. */

import type { ModelConfig } from './config.ts';

/** A parameter's name and shape; the order of a list of them is the order on the flat block. */
export interface ParameterShape {
  name: string;
  shape: number[];
}

/**
 * Gates of a cell, stacked along the rows of its weights: LSTM (i, f, g, o), GRU (r, z, n), as in PyTorch; without a
 * reset (z, n).
 */
export function gateCount({ cell, gruReset }: Pick<ModelConfig, 'cell' | 'gruReset'>): number {
  if (cell === 'gru') return gruReset === 'none' ? 2 : 3;
  return cell === 'lstm' ? 4 : 1;
}

/** A stack of recurrent layers that reads one sequence. */
export interface StackShape {
  /** Prefix of its parameters' names. */
  name: 'rnn' | 'past' | 'future' | 'encoder' | 'decoder';
  /** Name of the embedding of its tokens. */
  embedding: string;
  vocabulary: number;
  /** Directions in time of each layer; a reverse one's parameters end in `_reverse` where there are both. */
  directions: readonly ('forward' | 'reverse')[];
}

/** The stacks of a model, in the order in which they are computed. */
export function stackShapes(config: ModelConfig): StackShape[] {
  const { vocabulary, task = 'lm' } = config;
  const both = config.bidirectional ? (['forward', 'reverse'] as const) : (['forward'] as const);
  const embedding = 'embedding.weight';
  switch (task) {
    case 'fill':
      return [
        { name: 'past', embedding, vocabulary, directions: ['forward'] },
        { name: 'future', embedding, vocabulary, directions: ['reverse'] },
      ];
    case 'translate':
      return [
        { name: 'encoder', embedding: 'source_embedding.weight', vocabulary, directions: both },
        { name: 'decoder', embedding, vocabulary: config.classes!, directions: ['forward'] },
      ];
    default:
      return [{ name: 'rnn', embedding, vocabulary, directions: both }];
  }
}

/** Width of what a stack hands on from each of its layers. */
export function stackWidth(
  { hidden, merge }: Pick<ModelConfig, 'hidden' | 'merge'>,
  { directions }: StackShape,
): number {
  return directions.length === 2 && merge !== 'sum' ? 2 * hidden : hidden;
}

/**
 * Width of what goes into layer `layer` of a stack: the embedding (or V for one-hot input), then what the layer below
 * hands on.
 */
export function inputSize(config: ModelConfig, stack: StackShape, layer: number): number {
  if (layer > 0) return stackWidth(config, stack);
  return config.embedding > 0 ? config.embedding : stack.vocabulary;
}

/** What the output chooses from. */
export function classCount({ classes, vocabulary }: Pick<ModelConfig, 'classes' | 'vocabulary'>): number {
  return classes ?? vocabulary;
}

/**
 * Whether a translator's decoder starts from a projection of the encoder's final states; otherwise from these states
 * themselves.
 */
export function hasBridge(config: ModelConfig): boolean {
  const [encoder] = stackShapes(config);
  return config.task === 'translate' && stackWidth(config, encoder) !== config.hidden;
}

/**
 * All parameters of a model, in order. For each stack its embedding (V, E) unless the input is one-hot or it has come
 * before, and for each layer k and direction `rnn.weight_ih_lk` (G*H, I), `rnn.weight_hh_lk` (G*H, H), `rnn.bias_ih_lk`
 * (G*H), `rnn.bias_hh_lk` (G*H); `output.weight` (classes, width) unless tied, and `output.bias` (classes). An adaptive
 * softmax has instead `output.head.weight` and `output.head.bias`, and for each cluster i `output.tail.i.0.weight`
 * (width, H) and `output.tail.i.1.weight` (tokens, width).
 *
 * `fill` has stacks `past` and `future`, whose states side by side are the output's input, and `past_output`, by which
 * the past alone tells the next token. `translate` has stacks `encoder` (W wide) and `decoder`; where W is not H for
 * each layer k `bridge_h.k.weight` (H, W), `bridge_h.k.bias` and for the LSTM `bridge_c.k`; for `general` attention
 * `attention.weight` (W, H); with attention `attention_output.weight` (H, W + H), which takes the context first.
 */
export function parameterShapes(config: ModelConfig): ParameterShape[] {
  const { embedding: E, hidden: H, task = 'lm', attention = 'none' } = config;
  const GH = gateCount(config) * H;
  const shapes: ParameterShape[] = [];
  const stacks = stackShapes(config);
  for (const stack of stacks) {
    if (E > 0 && !shapes.some(({ name }) => name === stack.embedding)) {
      shapes.push({ name: stack.embedding, shape: [stack.vocabulary, E] });
    }
    for (let layer = 0; layer < config.layers; layer++) {
      for (const direction of stack.directions) {
        const suffix = layerSuffix(stack, layer, direction);
        shapes.push({ name: `${stack.name}.weight_ih${suffix}`, shape: [GH, inputSize(config, stack, layer)] });
        shapes.push({ name: `${stack.name}.weight_hh${suffix}`, shape: [GH, H] });
        shapes.push({ name: `${stack.name}.bias_ih${suffix}`, shape: [GH] });
        shapes.push({ name: `${stack.name}.bias_hh${suffix}`, shape: [GH] });
      }
    }
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
  if (task === 'translate') {
    const W = stackWidth(config, stacks[0]);
    for (const state of hasBridge(config) ? (config.cell === 'lstm' ? ['h', 'c'] : ['h']) : []) {
      for (let layer = 0; layer < config.layers; layer++) {
        shapes.push({ name: `bridge_${state}.${layer}.weight`, shape: [H, W] });
        shapes.push({ name: `bridge_${state}.${layer}.bias`, shape: [H] });
      }
    }
    if (attention === 'general') shapes.push({ name: 'attention.weight', shape: [W, H] });
    if (attention !== 'none') shapes.push({ name: 'attention_output.weight', shape: [H, W + H] });
  }
  const classes = classCount(config);
  if (!config.tie) shapes.push({ name: 'output.weight', shape: [classes, outputWidth(config)] });
  shapes.push({ name: 'output.bias', shape: [classes] });
  if (task === 'fill') {
    shapes.push({ name: 'past_output.weight', shape: [classes, H] }, { name: 'past_output.bias', shape: [classes] });
  }
  return shapes;
}

/** `_l0`, and `_l0_reverse` for the reverse direction of a layer that has both. */
export function layerSuffix(stack: StackShape, layer: number, direction: 'forward' | 'reverse'): string {
  return `_l${layer}${direction === 'reverse' && stack.directions.length === 2 ? '_reverse' : ''}`;
}

/** Width of what the output layer reads. */
export function outputWidth(config: ModelConfig): number {
  const { task = 'lm', hidden } = config;
  if (task === 'fill') return 2 * hidden;
  return task === 'translate' ? hidden : stackWidth(config, stackShapes(config)[0]);
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
