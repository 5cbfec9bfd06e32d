/**
 * The output layer of one position in double precision: a softmax, or an adaptive softmax (Grave et al. 2017) as
 * PyTorch defines it.
 */

import type { ModelConfig } from '../../src/model/config.ts';
import { affine, affineBackward } from './affine.ts';
import type { Values } from './model.ts';

export interface Output {
  /** (V) */
  logProbabilities: Float64Array;
  /**
   * Adds the gradient of `factor` times the target's cross-entropy to `gradients`, in each softmax with the share `smoothing`
   * of the target's probability spread over all classes; returns that of the state.
   */
  backward(target: number, factor: number, gradients: Values, smoothing: number): Float64Array;
}

/** `state` is what the output layer reads: for `lm` the top layer's (H). */
export function runOutput(config: ModelConfig, parameters: Values, state: Float64Array): Output {
  if (config.cutoffs.length > 0) return adaptiveSoftmax(config.cutoffs, config.vocabulary, parameters, state);
  return softmax(parameters, config.tie ? 'embedding.weight' : 'output.weight', 'output.bias', state);
}

/** fill: the output layer by which the past alone tells the next token. */
export function runPastOutput(parameters: Values, state: Float64Array): Output {
  return softmax(parameters, 'past_output.weight', 'past_output.bias', state);
}

/**
 * The summed cross-entropy of a row's positions, and the gradients of what their output layers read for a loss of
 * `factor` times this sum; adds to `gradients`. Positions of target -1 have no part in it.
 */
export function crossEntropy(
  outputs: readonly Output[],
  targets: readonly number[],
  factor: number,
  gradients: Values,
  smoothing: number,
): { sum: number; features: Float64Array[] } {
  let sum = 0;
  const features = outputs.map((output, t) => {
    if (targets[t] < 0) return output.backward(0, 0, gradients, 0);
    sum -= output.logProbabilities[targets[t]];
    return output.backward(targets[t], factor, gradients, smoothing);
  });
  return { sum, features };
}

/**
 * nn.AdaptiveLogSoftmaxWithLoss with `head_bias`: the head is a softmax over the tokens below the first cut-off and one
 * class for each cluster; the log-probability of any other token is its cluster's plus that of a softmax over the
 * cluster, which sees a projected state.
 */
function adaptiveSoftmax(
  cutoffs: readonly number[],
  vocabulary: number,
  parameters: Values,
  state: Float64Array,
): Output {
  const head = softmax(parameters, 'output.head.weight', 'output.head.bias', state);
  const projections = cutoffs.map((_, i) => linear(parameters, `output.tail.${i}.0.weight`, state));
  const tails = projections.map(({ result }, i) => softmax(parameters, `output.tail.${i}.1.weight`, undefined, result));

  const logProbabilities = new Float64Array(vocabulary);
  logProbabilities.set(head.logProbabilities.subarray(0, cutoffs[0]));
  tails.forEach((tail, i) => {
    const cluster = head.logProbabilities[cutoffs[0] + i];
    const inTail = tail.logProbabilities.map((value) => cluster + value);
    logProbabilities.set(inTail, cutoffs[i]);
  });
  return {
    logProbabilities,
    backward(target, factor, gradients, smoothing) {
      const i = cutoffs.findLastIndex((cutoff) => target >= cutoff);
      if (i < 0) return head.backward(target, factor, gradients, smoothing);
      const fromHead = head.backward(cutoffs[0] + i, factor, gradients, smoothing);
      const fromTail = tails[i].backward(target - cutoffs[i], factor, gradients, smoothing);
      const fromProjection = projections[i].backward(fromTail, gradients);
      return fromHead.map((value, j) => value + fromProjection[j]);
    },
  };
}

function softmax(parameters: Values, weight: string, bias: string | undefined, state: Float64Array): Output {
  const logits = linear(parameters, weight, state, bias);
  const logProbabilities = logSoftmax(logits.result);
  return {
    logProbabilities,
    backward(target, factor, gradients, smoothing) {
      const spread = smoothing / logProbabilities.length;
      const slope = logProbabilities.map((value) => factor * (Math.exp(value) - spread));
      slope[target] -= factor * (1 - smoothing);
      return logits.backward(slope, gradients);
    },
  };
}

/** A weight times a vector, plus a bias if there is one. */
export function linear(parameters: Values, weight: string, vector: Float64Array, bias?: string) {
  const matrix = parameters[weight];
  const zeros = (): Float64Array => new Float64Array(matrix.length / vector.length);
  return {
    result: affine(matrix, bias ? parameters[bias] : zeros(), vector),
    backward: (gradient: Float64Array, gradients: Values): Float64Array =>
      affineBackward(matrix, vector, gradient, gradients[weight], bias ? gradients[bias] : zeros()),
  };
}

function logSoftmax(logits: Float64Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const logSum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit - largest), 0));
  return logits.map((logit) => logit - largest - logSum);
}
