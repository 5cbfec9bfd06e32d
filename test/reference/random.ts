/** Random parameters, states, batches and dropout masks for the tests. */

import type { ModelConfig } from '../../src/model/config.ts';
import { createRandom, type Random } from '../../src/random.ts';
import type { Batch } from '../../src/text/types.ts';
import { type Values, zeroParameters, zeroStates } from './model.ts';

/** A model configuration of which a test names what it is about. */
export function modelConfig(config: Partial<ModelConfig>): ModelConfig {
  return { cell: 'lstm', gruReset: 'after', layers: 1, hidden: 5, embedding: 4, tie: false, vocabulary: 7, ...config };
}

/** Uniform between -1.5 and 1.5 over the square root of the hidden size, exact in single precision. */
export function randomParameters(config: ModelConfig, seed: number): Values {
  const random = createRandom(seed, 1);
  const parameters = zeroParameters(config);
  const bound = 1.5 / Math.sqrt(config.hidden);
  for (const values of Object.values(parameters)) fill(values, random, bound);
  return parameters;
}

/** Uniform in (-0.5, 0.5), exact in single precision. */
export function randomStates(config: ModelConfig, batchSize: number, seed: number): Values {
  const random = createRandom(seed, 2);
  const states = zeroStates(config, batchSize);
  for (const values of Object.values(states)) fill(values, random, 0.5);
  return states;
}

function fill(values: Float64Array, random: Random, bound: number): void {
  for (let k = 0; k < values.length; k++) values[k] = Math.fround(bound * (2 * random.uniform() - 1));
}

/** Tokens everywhere, beyond the lengths too. */
export function randomBatch(
  config: ModelConfig,
  shape: { steps: number; batchSize: number; lengths?: readonly number[] | undefined; fresh?: boolean },
  seed: number,
): Batch {
  const random = createRandom(seed, 3);
  const tokens = () =>
    Int32Array.from({ length: shape.steps * shape.batchSize }, () => random.integer(config.vocabulary));
  return {
    steps: shape.steps,
    inputs: tokens(),
    targets: tokens(),
    ...(shape.lengths && { lengths: Int32Array.from(shape.lengths) }),
    fresh: shape.fresh ?? false,
  };
}

/** Falling lengths from `steps` down to 0 (1 for a single row). */
export function raggedLengths(steps: number, batchSize: number): number[] {
  return Array.from({ length: batchSize }, (_, row) => Math.round(steps * (1 - row / Math.max(1, batchSize - 1))));
}

/** Inverted dropout: 0 with probability `rate`, else 1 / (1 - rate). One mask (T, B, H) for every layer but the last. */
export function randomMasks(
  config: ModelConfig,
  shape: { steps: number; batchSize: number },
  rate: number,
  seed: number,
): Float64Array[] {
  const random = createRandom(seed, 4);
  return Array.from({ length: config.layers - 1 }, () =>
    new Float64Array(shape.steps * shape.batchSize * config.hidden).map(() =>
      random.uniform() < rate ? 0 : 1 / (1 - rate),
    ),
  );
}
