/** Initial values of a model's parameters. */

import { createRandom } from '../random.ts';
import type { ModelConfig } from './config.ts';
import { elementCount, parameterShapes } from './parameters.ts';

/**
 * Draws all parameters. Weights are uniform in ±1/sqrt(H) (PyTorch's start); the output layer, and an embedding that
 * serves as one, in ±3/sqrt(H): from ±1/sqrt(H) a stack of two layers stays for hundreds of steps at what the tokens'
 * frequencies alone give (a minute on the Penn Treebank, 2 x 200, tied: validation perplexity 743 against 344). An
 * embedding of its own is standard normal (PyTorch's) in language models, and a tenth of that elsewhere, where rare
 * words would else stay noise (tagging the English Web Treebank: 84.0 % right after five epochs from 1, 88.5 % after
 * three from 0.1); biases are 0, except the LSTM's forget gate, which starts at 1 (Jozefowicz et al. 2015). With
 * one-hot input the columns of a first layer's `weight_ih` are a table of the tokens' own gate sums: they start as wide
 * as an embedding of size H would make them, since a small start there learns far more slowly.
 */
export function initialParameters(config: ModelConfig, seed: number): Map<string, Float32Array> {
  const random = createRandom(seed, 0);
  const bound = 1 / Math.sqrt(config.hidden);
  const { task = 'lm' } = config;
  const deviation = task === 'lm' || task === 'fill' ? 1 : 0.1;
  const values = new Map<string, Float32Array>();
  for (const { name, shape } of parameterShapes(config)) {
    const data = new Float32Array(elementCount(shape));
    if (name.endsWith('embedding.weight') && !config.tie) {
      for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
    } else if (name.includes('.weight_ih_l0') && config.embedding === 0) {
      for (let i = 0; i < data.length; i++) data[i] = random.normal() / Math.sqrt(3);
    } else if (shape.length > 1) {
      const width = /^(past_)?output\.weight$|^embedding/.test(name) ? 3 * bound : bound;
      for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * width;
    } else if (config.cell === 'lstm' && name.includes('.bias_ih')) {
      data.fill(1, config.hidden, 2 * config.hidden);
    }
    values.set(name, data);
  }
  return values;
}
