/** Starting a run from the weights of another one (`--init-from`), whose corpus and vocabulary may differ. */

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { parameterSpecs, type Tensor } from '../engine/index.ts';
import { InputError, option } from '../errors.ts';
import type { OptionName, TrainOptions } from '../options/index.ts';
import type { InitialWeights, RunConfig } from '../run/index.ts';
import { loadRun, modelConfig } from '../run/index.ts';
import type { Tokenizer } from '../text/index.ts';
import { TASKS } from './data/tasks.ts';

/** Options that fix what the weights are, apart from the vocabulary. */
const SHAPING = [
  'tokenizer',
  'pretokenized',
  'lowercase',
  'cell',
  'gruReset',
  'layerNorm',
  'layers',
  'hidden',
  'embedding',
  'tie',
] as const satisfies readonly OptionName[];

/**
 * Options for a run that starts from the weights in `folder`: those that fix the weights are the old run's, the others as given.
 *
 * @throws InputError for a folder that holds no good run, another task than `lm`, an adaptive softmax, and a given
 *   option that would change the weights.
 */
export function optionsFrom(folder: string, given: Partial<TrainOptions>): Partial<TrainOptions> {
  const { options } = loadRun(folder).config;
  const task = [options.task, given.task ?? options.task].find((one) => !TASKS[one].transfers);
  if (task !== undefined) {
    throw new InputError(
      `${option('initFrom')} is for language models, not ${option('task', task)}, whose weights belong to the labels or targets of one corpus: train from the start.`,
    );
  }
  if (options.softmax === 'adaptive' || given.softmax === 'adaptive') {
    throw new InputError(
      `${option('initFrom')} needs an exact softmax: the clusters of an adaptive one follow its own corpus.`,
    );
  }
  for (const name of SHAPING) {
    if (given[name] !== undefined && given[name] !== options[name]) {
      throw new InputError(
        `${option(name, given[name])} does not fit the weights of ${folder}, which have ${options[name]}: leave it out.`,
      );
    }
  }
  return { ...given, ...Object.fromEntries(SHAPING.map((name) => [name, options[name]])) };
}

/**
 * Copies the weights of the run in `folder` into `parameters`. What belongs to a token (its row of the embedding and of
 * the output layer, its column of a one-hot input) goes to the same token of the new vocabulary; new tokens keep their
 * initial values. Returns what the weights are to be known by.
 */
export function copyWeights(
  folder: string,
  parameters: readonly Tensor[],
  config: RunConfig,
  tokenizer: Tokenizer,
): InitialWeights {
  const hash = createHash('sha256');
  const old = loadRun(folder, hash);
  const oldIds = new Map(old.tokenizer.vocabulary.map((token, id) => [token, id]));
  const shared = tokenizer.vocabulary
    .map((token, id) => [id, oldIds.get(token)] as const)
    .filter((pair): pair is [number, number] => pair[1] !== undefined);
  const byName = new Map(old.parameters.map(({ name, data }) => [name, data]));
  const tokensOf = new Map(parameterSpecs(modelConfig(config)).map(({ name, tokens }) => [name, tokens]));
  for (const { name, shape, data } of parameters) {
    const from = byName.get(name)!;
    switch (tokensOf.get(name)) {
      case 'rows': {
        const width = shape[1] ?? 1;
        for (const [id, oldId] of shared) data.set(from.subarray(oldId * width, (oldId + 1) * width), id * width);
        break;
      }
      case 'columns':
        for (let row = 0; row < shape[0]; row++) {
          for (const [id, oldId] of shared) data[row * shape[1] + id] = from[row * old.config.vocabulary + oldId];
        }
        break;
      default:
        data.set(from);
    }
  }
  return { path: resolve(folder), sha256: hash.digest('hex') };
}
