/** Random parameters, states, batches and dropout masks for the tests. */

import { completeModel, type ModelConfig } from '../../src/model/index.ts';
import { createRandom, type Random } from '../../src/random.ts';
import type { Batch } from '../../src/text/types.ts';
import type { Chain } from './crf.ts';
import { carriesState, type Masks, type Values, zeroParameters, zeroStates } from './model.ts';
import { outputWidth, stackShapes, stackWidth } from './shapes.ts';

/** A model configuration of which a test names what it is about. */
export function modelConfig(config: Partial<ModelConfig>): ModelConfig {
  return completeModel({ layers: 1, hidden: 5, embedding: 4, vocabulary: 7, ...config });
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

export interface BatchShape {
  steps: number;
  batchSize: number;
  lengths?: readonly number[] | undefined;
  fresh?: boolean;
  /** fill */
  carry?: number;
  /** translate: time steps of the longest source, one more than `steps` by default. */
  sourceSteps?: number;
}

/**
 * Tokens everywhere, beyond the lengths too. The targets of `tag` are -1 in a quarter of the positions, unless a CRF ends its
 * sequences there; those of `fill`
 * are the inputs, but -1 from `carry` on; sources have all lengths and are in another order than the targets.
 */
export function randomBatch(config: ModelConfig, shape: BatchShape, seed: number): Batch {
  const random = createRandom(seed, 3);
  const { task, vocabulary } = config;
  const { steps, batchSize: B, lengths, carry, fresh = false } = shape;
  const ids = (count: number, limit: number) => Int32Array.from({ length: count }, () => random.integer(limit));
  const classes = config.classes;
  const batch: Batch = {
    steps,
    inputs: ids(steps * B, task === 'translate' ? classes : vocabulary),
    targets: ids(task === 'classify' ? B : steps * B, classes),
    ...(lengths && { lengths: Int32Array.from(lengths) }),
    fresh: fresh || !carriesState(config),
  };
  switch (task) {
    case 'classify':
      return { ...batch, targets: batch.targets.map((target, row) => (lengths?.[row] === 0 ? -1 : target)) };
    case 'tag':
      if (config.output === 'crf') return batch;
      return { ...batch, targets: batch.targets.map((target) => (random.integer(4) === 0 ? -1 : target)) };
    case 'fill': {
      const targets = batch.inputs.map((token, i) => (i < (carry ?? steps) * B ? token : -1));
      return { ...batch, targets, ...(carry && { carry }) };
    }
    case 'translate': {
      const sourceSteps = shape.sourceSteps ?? steps + 1;
      const rows = Array.from({ length: B }, (_, row) => row);
      const alive = rows.filter((row) => lengths?.[row] !== 0).length;
      const source = {
        steps: sourceSteps,
        inputs: ids(sourceSteps * B, vocabulary),
        lengths: Int32Array.from([
          ...raggedLengths(sourceSteps, alive + 1).slice(0, alive),
          ...rows.slice(alive).fill(0),
        ]),
        rows: Int32Array.from(rows, (row) => (row < alive ? alive - 1 - row : row)),
      };
      return { ...batch, source };
    }
    case 'lm':
      return batch;
  }
}

/** A chain with scores in (-bound, bound), exact in single precision. */
export function randomChain(tags: number, steps: number, bound: number, seed: number): Chain {
  const random = createRandom(seed, 6);
  const draw = (count: number) => {
    const values = new Float64Array(count);
    fill(values, random, bound);
    return values;
  };
  return {
    emissions: Array.from({ length: steps }, () => draw(tags)),
    start: draw(tags),
    end: draw(tags),
    transitions: draw(tags * tags),
  };
}

/** Falling lengths from `steps` down to 0 (1 for a single row). */
export function raggedLengths(steps: number, batchSize: number): number[] {
  return Array.from({ length: batchSize }, (_, row) => Math.round(steps * (1 - row / Math.max(1, batchSize - 1))));
}

/** Inverted dropout in every place: 0 with probability `rate`, else 1 / (1 - rate). */
export function randomMasks(config: ModelConfig, shape: BatchShape, rate: number, seed: number): Required<Masks> {
  const random = createRandom(seed, 4);
  const draw = (count: number) => new Float64Array(count).map(() => (random.uniform() < rate ? 0 : 1 / (1 - rate)));
  const positions = shape.steps * shape.batchSize;
  const layers: Masks['layers'] = {};
  const embeddings: Masks['embeddings'] = {};
  for (const stack of stackShapes(config)) {
    const sourceSteps = shape.sourceSteps ?? shape.steps + 1;
    const count = stack.name === 'encoder' ? sourceSteps * shape.batchSize : positions;
    layers[stack.name] = Array.from({ length: config.layers - 1 }, () => draw(count * stackWidth(config, stack)));
    if (config.embedding > 0) embeddings[stack.name] = draw(count * config.embedding);
  }
  const features = draw((config.task === 'classify' ? shape.batchSize : positions) * outputWidth(config));
  return { layers, embeddings, features };
}
