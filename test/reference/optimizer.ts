/** Clipping and the optimizers in double precision, as PyTorch defines them. */

import type { OptimizerConfig, OptimizerName } from '../../src/engine/index.ts';
import type { ModelConfig } from '../../src/model/index.ts';
import type { Values } from './model.ts';
import { type MatrixShape, muonStep } from './muon.ts';
import { parameterSpecs } from './shapes.ts';

export interface OptimizerState {
  updates: number;
  /** First moments of adam and adamw, momentum of sgd, lion and muon. */
  first: Values;
  /** Second moments of adam, adamw and rmsprop. */
  second: Values;
  /** Shapes of the matrices of which muon takes a weight to consist, by its name. */
  matrices: Readonly<Record<string, MatrixShape>>;
}

export function createOptimizerState(model: ModelConfig, parameters: Values): OptimizerState {
  const zeros = () =>
    Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, new Float64Array(values.length)]));
  return { updates: 0, first: zeros(), second: zeros(), matrices: gateMatrices(model) };
}

/** Recurrent and input weights are a matrix a gate; one-hot input leaves the first level's input weight out. */
function gateMatrices(model: ModelConfig): OptimizerState['matrices'] {
  const weight = model.embedding > 0 ? /weight_[ih]h_l/ : /weight_hh_l|weight_ih_l[1-9]/;
  const weights = parameterSpecs(model).filter(({ name }) => weight.test(name));
  return Object.fromEntries(weights.map(({ name, shape }) => [name, { rows: model.hidden, columns: shape[1] }]));
}

export function globalNorm(gradients: Values): number {
  return Math.sqrt(
    Object.values(gradients).reduce((sum, values) => values.reduce((partial, value) => partial + value ** 2, sum), 0),
  );
}

/** torch.nn.utils.clip_grad_norm_; 0 for `largest` turns it off. Returns new values. */
export function clipGradients(gradients: Values, largest: number): Values {
  const scale = largest > 0 ? Math.min(1, largest / (globalNorm(gradients) + 1e-6)) : 1;
  return Object.fromEntries(
    Object.entries(gradients).map(([name, values]) => [name, values.map((value) => value * scale)]),
  );
}

const DECOUPLED = new Set<OptimizerName>(['adamw', 'lion', 'muon']);

/**
 * Clips, then updates `parameters` and `state` in place: torch.optim.Adam and AdamW (betas 0.9 and 0.999, eps 1e-8),
 * RMSprop (alpha 0.99, eps 1e-8), SGD (momentum 0.9), Muon with AdamW beside it; and Lion (betas 0.9 and 0.99). Elements for
 * which `resting` is true have no gradient and no weight decay: their moments decay, but they keep their values.
 */
export function updateParameters(
  config: OptimizerConfig,
  learningRate: number,
  parameters: Values,
  gradients: Values,
  state: OptimizerState,
  resting: (name: string, index: number) => boolean = () => false,
): void {
  const clipped = clipGradients(gradients, config.clip);
  state.updates++;
  const firstCorrection = 1 - 0.9 ** state.updates;
  const secondCorrection = 1 - 0.999 ** state.updates;
  for (const [name, values] of Object.entries(parameters)) {
    const first = state.first[name];
    const second = state.second[name];
    if (config.name === 'muon' && state.matrices[name]) {
      const step = muonStep(clipped[name], first, state.matrices[name]);
      for (let k = 0; k < values.length; k++) {
        values[k] -= learningRate * (step[k] + config.weightDecay * values[k]);
      }
      continue;
    }
    for (let k = 0; k < values.length; k++) {
      const rests = resting(name, k);
      const decay = rests ? 0 : config.weightDecay;
      let value = values[k];
      let gradient = rests ? 0 : clipped[name][k];
      if (DECOUPLED.has(config.name)) value -= learningRate * decay * value;
      else gradient += decay * value;
      switch (config.name) {
        case 'adam':
        case 'adamw':
        case 'muon':
          first[k] = 0.9 * first[k] + 0.1 * gradient;
          second[k] = 0.999 * second[k] + 0.001 * gradient ** 2;
          value -= ((learningRate / firstCorrection) * first[k]) / (Math.sqrt(second[k] / secondCorrection) + 1e-8);
          break;
        case 'rmsprop':
          second[k] = 0.99 * second[k] + 0.01 * gradient ** 2;
          value -= (learningRate * gradient) / (Math.sqrt(second[k]) + 1e-8);
          break;
        case 'lion':
          value -= learningRate * Math.sign(0.9 * first[k] + 0.1 * gradient);
          first[k] = 0.99 * first[k] + 0.01 * gradient;
          break;
        case 'sgd':
          first[k] = 0.9 * first[k] + gradient;
          value -= learningRate * first[k];
          break;
      }
      if (!rests) values[k] = value;
    }
  }
}
