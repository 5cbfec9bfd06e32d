/**
 * The language model in double precision, a row and a time step at a time: what the engine is compared with.
 * It shares nothing with the engine but the names and shapes of the parameters.
 */

import type { ModelConfig } from '../../src/model/config.ts';
import { elementCount, parameterShapes } from '../../src/model/parameters.ts';
import type { Batch } from '../../src/text/types.ts';
import { type CellState, type CellStep, createCell, type LayerWeights, zeroState } from './cells.ts';
import { type Output, runOutput } from './output.ts';

/** Flat row-major values by name. */
export type Values = Record<string, Float64Array>;

export interface Result {
  /** Summed cross-entropy of each row (B), in nats. */
  rowLosses: Float64Array;
  /** Mean cross-entropy over the valid positions, in nats. */
  loss: number;
  /** Valid positions. */
  tokens: number;
  /** (T, B, V), zero at positions beyond a row's length. */
  logProbabilities: Float64Array;
  /** `h_l0` (B, H), for the LSTM `c_l0` (B, H), and so on. */
  state: Values;
  /** Of `loss`, by parameter. */
  gradients: Values;
}

export function zeroParameters(config: ModelConfig): Values {
  return Object.fromEntries(
    parameterShapes(config).map(({ name, shape }) => [name, new Float64Array(elementCount(shape))]),
  );
}

/** All zero: `h_lk`, and for the LSTM `c_lk`, (B, H) for every layer k. */
export function zeroStates(config: ModelConfig, batchSize: number): Values {
  const states: Values = {};
  for (let layer = 0; layer < config.layers; layer++) {
    states[`h_l${layer}`] = new Float64Array(batchSize * config.hidden);
    if (config.cell === 'lstm') states[`c_l${layer}`] = new Float64Array(batchSize * config.hidden);
  }
  return states;
}

/**
 * Forward and backward over one batch, from `state`. `masks` is dropout: for every layer but the last an array (T, B, H)
 * that the layer's output is multiplied by on its way to the next layer. The batch's `fresh` is not looked at.
 */
export function runModel(
  config: ModelConfig,
  parameters: Values,
  batch: Batch,
  state: Values,
  masks?: readonly Float64Array[],
): Result {
  const { hidden: H, vocabulary: V, layers } = config;
  const B = batch.inputs.length / batch.steps;
  const lengths = Array.from({ length: B }, (_, row) => batch.lengths?.[row] ?? batch.steps);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const cell = createCell(config);
  const gradients = zeroParameters(config);
  const result: Result = {
    rowLosses: new Float64Array(B),
    loss: 0,
    tokens,
    logProbabilities: new Float64Array(batch.steps * B * V),
    state: zeroStates(config, B),
    gradients,
  };

  for (let row = 0; row < B; row++) {
    const mask = (layer: number, t: number): Float64Array | undefined =>
      layer < layers - 1 ? masks?.[layer].subarray((t * B + row) * H, (t * B + row + 1) * H) : undefined;
    const states = Array.from({ length: layers }, (_, layer) => readRow(state, layer, row, H));

    const steps: CellStep[][] = [];
    const outputs: Output[] = [];
    for (let t = 0; t < lengths[row]; t++) {
      let x = inputVector(config, parameters, batch.inputs[t * B + row]);
      steps[t] = [];
      for (let layer = 0; layer < layers; layer++) {
        const step = cell.forward(layerWeights(parameters, layer), x, states[layer]);
        steps[t][layer] = step;
        states[layer] = step.after;
        x = multiply(step.after.h, mask(layer, t));
      }
      outputs[t] = runOutput(config, parameters, x);
      const { logProbabilities } = outputs[t];
      result.logProbabilities.set(logProbabilities, (t * B + row) * V);
      result.rowLosses[row] -= logProbabilities[batch.targets[t * B + row]];
    }
    states.forEach((values, layer) => {
      result.state[`h_l${layer}`].set(values.h, row * H);
      result.state[`c_l${layer}`]?.set(values.c, row * H);
    });

    const stateGradients = states.map(() => zeroState(H));
    for (let t = lengths[row] - 1; t >= 0; t--) {
      const position = t * B + row;
      let fromAbove = outputs[t].backward(batch.targets[position], 1 / tokens, gradients);
      for (let layer = layers - 1; layer >= 0; layer--) {
        const after = stateGradients[layer];
        multiply(fromAbove, mask(layer, t)).forEach((value, j) => {
          after.h[j] += value;
        });
        const weights = layerWeights(parameters, layer);
        const back = cell.backward(weights, steps[t][layer], after, layerWeights(gradients, layer));
        stateGradients[layer] = back.before;
        fromAbove = back.x;
      }
      if (config.embedding > 0) {
        const start = batch.inputs[position] * config.embedding;
        fromAbove.forEach((value, column) => {
          gradients['embedding.weight'][start + column] += value;
        });
      }
    }
  }
  result.loss = result.rowLosses.reduce((sum, loss) => sum + loss, 0) / tokens;
  return result;
}

function readRow(state: Values, layer: number, row: number, H: number): CellState {
  const values = zeroState(H);
  values.h.set(state[`h_l${layer}`].subarray(row * H, (row + 1) * H));
  const c = state[`c_l${layer}`];
  if (c) values.c.set(c.subarray(row * H, (row + 1) * H));
  return values;
}

/** The token's row of the embedding, or a one-hot vector (V). */
function inputVector(config: ModelConfig, parameters: Values, token: number): Float64Array {
  const E = config.embedding;
  if (E > 0) return parameters['embedding.weight'].slice(token * E, (token + 1) * E);
  const oneHot = new Float64Array(config.vocabulary);
  oneHot[token] = 1;
  return oneHot;
}

function layerWeights(values: Values, layer: number): LayerWeights {
  return {
    input: values[`rnn.weight_ih_l${layer}`],
    recurrent: values[`rnn.weight_hh_l${layer}`],
    inputBias: values[`rnn.bias_ih_l${layer}`],
    recurrentBias: values[`rnn.bias_hh_l${layer}`],
  };
}

function multiply(vector: Float64Array, mask: Float64Array | undefined): Float64Array {
  return mask ? vector.map((value, j) => value * mask[j]) : vector;
}
