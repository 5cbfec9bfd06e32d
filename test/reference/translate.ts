/** One pair of an encoder-decoder: the decoder starts from the encoder's final states and may look at its outputs. */

import type { ModelConfig } from '../../src/model/config.ts';
import { attend } from './attention.ts';
import type { CellState } from './cells.ts';
import type { Values } from './model.ts';
import { linear } from './output.ts';
import type { RowRun } from './rows.ts';
import { hasBridge, stackShapes } from './shapes.ts';
import { type Mask, runStack } from './stack.ts';

export interface Pair {
  source: ArrayLike<number>;
  /** What the decoder reads, from `<bos>` on. */
  target: ArrayLike<number>;
  sourceMask: Mask;
  targetMask: Mask;
}

export function runPair(config: ModelConfig, parameters: Values, pair: Pair): RowRun {
  const [encoderShape, decoderShape] = stackShapes(config);
  const encoder = runStack(config, parameters, encoderShape, { tokens: pair.source, mask: pair.sourceMask });
  const bridges = encoder.finals.map((final, layer) => bridge(config, parameters, layer, final));
  const decoder = runStack(config, parameters, decoderShape, {
    tokens: pair.target,
    initial: bridges.map(({ state }) => state),
    mask: pair.targetMask,
  });
  const attending = config.attention === 'dot' || config.attention === 'general';
  const attention = attending
    ? decoder.outputs.map((state) => attend(config, parameters, state, encoder.outputs))
    : undefined;

  return {
    features: attention?.map(({ result }) => result) ?? decoder.outputs,
    attention: attention?.map(({ weights }) => weights),
    backward(fromFeatures, _, gradients) {
      const fromSources = encoder.outputs.map((output) => new Float64Array(output.length));
      const fromStates =
        attention?.map((run, t) => run.backward(fromFeatures[t], gradients, fromSources)) ?? fromFeatures;
      const fromInitial = decoder.backward(fromStates, undefined, gradients);
      const fromFinals = bridges.map((run, layer) => run.backward(fromInitial[layer], gradients));
      encoder.backward(fromSources, fromFinals, gradients);
    },
  };
}

interface BridgeRun {
  state: CellState;
  /** Given the gradient of `state`, adds to `gradients`; returns that of the encoder's final state. */
  backward(state: CellState, gradients: Values): CellState;
}

/**
 * From an encoder layer's final state (W) to the first one (H) of the decoder layer beside it: h = tanh(A h' + a), c =
 * B c' + b.
 */
function bridge(config: ModelConfig, parameters: Values, layer: number, final: CellState): BridgeRun {
  if (!hasBridge(config)) return { state: final, backward: (state) => state };
  const name = (kind: 'h' | 'c') => [`bridge_${kind}.${layer}.weight`, `bridge_${kind}.${layer}.bias`] as const;
  const through = (kind: 'h' | 'c') => linear(parameters, name(kind)[0], final[kind], name(kind)[1]);
  const fromH = through('h');
  const fromC = config.cell === 'lstm' ? through('c') : undefined;
  const h = fromH.result.map(Math.tanh);
  return {
    state: { h, c: fromC?.result ?? new Float64Array(h.length) },
    backward(state, gradients) {
      const slope = state.h.map((value, j) => value * (1 - h[j] ** 2));
      return {
        h: fromH.backward(slope, gradients),
        c: fromC?.backward(state.c, gradients) ?? new Float64Array(final.c.length),
      };
    },
  };
}
