/** Global attention at one step of a decoder (Luong et al. 2015, section 3.1), after the recurrence. */

import type { ModelConfig } from '../../src/model/config.ts';
import type { Values } from './model.ts';
import { linear } from './output.ts';

export interface AttentionRun {
  /** (source length), of sum 1. */
  weights: Float64Array;
  /** (H): tanh(attention_output [context; state]). */
  result: Float64Array;
  /** Given the gradient of `result`, adds to `gradients` and to those of `sources`; returns that of `state`. */
  backward(gradient: Float64Array, gradients: Values, sources: Float64Array[]): Float64Array;
}

/** `state` (H) is the decoder's top one, `sources` the encoder's outputs (W) at each position of the source. */
export function attend(
  { attention }: ModelConfig,
  parameters: Values,
  state: Float64Array,
  sources: readonly Float64Array[],
): AttentionRun {
  const query = attention === 'general' ? linear(parameters, 'attention.weight', state) : undefined;
  const compared = query?.result ?? state;
  const weights = softmax(sources.map((source) => dot(compared, source)));
  const context = new Float64Array(sources[0].length);
  sources.forEach((source, s) => {
    addTo(context, weights[s], source);
  });
  const both = Float64Array.of(...context, ...state);
  const sum = linear(parameters, 'attention_output.weight', both);
  const result = sum.result.map(Math.tanh);
  return {
    weights,
    result,
    backward(gradient, gradients, sourceGradients) {
      const slope = gradient.map((value, j) => value * (1 - result[j] ** 2));
      const fromBoth = sum.backward(slope, gradients);
      const fromContext = fromBoth.subarray(0, context.length);
      const fromState = fromBoth.slice(context.length);

      const fromWeights = sources.map((source) => dot(fromContext, source));
      const mean = dot(weights, fromWeights);
      const fromCompared = new Float64Array(compared.length);
      sources.forEach((source, s) => {
        const fromScore = weights[s] * (fromWeights[s] - mean);
        addTo(sourceGradients[s], weights[s], fromContext);
        addTo(sourceGradients[s], fromScore, compared);
        addTo(fromCompared, fromScore, source);
      });
      addTo(fromState, 1, query ? query.backward(fromCompared, gradients) : fromCompared);
      return fromState;
    },
  };
}

function softmax(scores: readonly number[]): Float64Array {
  const largest = Math.max(...scores);
  const powers = Float64Array.from(scores, (score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}

function addTo(target: Float64Array, factor: number, values: Float64Array): void {
  for (let j = 0; j < target.length; j++) target[j] += factor * values[j];
}
