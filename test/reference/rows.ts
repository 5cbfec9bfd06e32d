/** From one sequence to what the output layer reads, task by task, and the way back. */

import type { ModelConfig } from '../../src/model/config.ts';
import type { CellState } from './cells.ts';
import type { Values } from './model.ts';
import { pool } from './pool.ts';
import { stackShapes } from './shapes.ts';
import { add, type Mask, runStack } from './stack.ts';

export interface RowRun {
  /** What the output layer reads at each position; for `classify` there is one. */
  features: Float64Array[];
  /** fill: what the output layer of the past alone reads. */
  pastFeatures?: Float64Array[] | undefined;
  /** lm, fill: the state left to the next chunk, a layer at a time. */
  states?: CellState[] | undefined;
  /** translate: weights of the source's positions at each position of the target. */
  attention?: Float64Array[] | undefined;
  /** Given the gradients of `features` and `pastFeatures`, adds to `gradients`. */
  backward(features: Float64Array[], pastFeatures: Float64Array[] | undefined, gradients: Values): void;
}

/** lm, tag: a state a token. */
export function runTokens(
  config: ModelConfig,
  parameters: Values,
  tokens: ArrayLike<number>,
  mask: Mask,
  initial?: readonly CellState[],
): RowRun {
  const [shape] = stackShapes(config);
  const stack = runStack(config, parameters, shape, { tokens, initial, mask });
  return {
    features: stack.outputs,
    states: initial && stack.statesAfter(tokens.length),
    backward(fromFeatures, _, gradients) {
      stack.backward(fromFeatures, undefined, gradients);
    },
  };
}

export function runClassify(config: ModelConfig, parameters: Values, tokens: ArrayLike<number>, mask: Mask): RowRun {
  const [shape] = stackShapes(config);
  const stack = runStack(config, parameters, shape, { tokens, mask });
  const pooled = pool(config.pool ?? 'last', stack);
  return {
    features: [pooled.result],
    backward([fromResult], _, gradients) {
      const { outputs, finals } = pooled.backward(fromResult);
      stack.backward(outputs, finals, gradients);
    },
  };
}

/**
 * fill: position t reads the past's state after token t - 1 and the future's after token t + 1; beyond the ends the
 * future's is zero and the past's is `initial`. The past's state after `carry` tokens is left to the next chunk.
 */
export function runFill(
  config: ModelConfig,
  parameters: Values,
  tokens: ArrayLike<number>,
  initial: readonly CellState[],
  carry: number,
  masks: { past: Mask; future: Mask },
): RowRun {
  const [pastShape, futureShape] = stackShapes(config);
  const past = runStack(config, parameters, pastShape, { tokens, initial, mask: masks.past });
  const future = runStack(config, parameters, futureShape, { tokens, mask: masks.future });
  const H = config.hidden;
  const zero = new Float64Array(H);
  const before = past.outputs.map((_, t) => (t > 0 ? past.outputs[t - 1] : initial[config.layers - 1].h));
  const after = future.outputs.map((_, t) => future.outputs[t + 1] ?? zero);
  return {
    features: before.map((state, t) => Float64Array.of(...state, ...after[t])),
    pastFeatures: before,
    states: past.statesAfter(Math.min(carry, tokens.length)),
    backward(fromBoth, fromPast, gradients) {
      const fromBefore = fromBoth.map((both, t) => add(both.subarray(0, H), fromPast![t]));
      const fromAfter = fromBoth.map((both) => both.subarray(H));
      past.backward(
        before.map((_, t) => fromBefore[t + 1] ?? zero),
        undefined,
        gradients,
      );
      future.backward(
        after.map((_, t) => fromAfter[t - 1] ?? zero),
        undefined,
        gradients,
      );
    },
  };
}
