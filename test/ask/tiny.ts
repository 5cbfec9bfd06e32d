/** Tiny models of each task with random weights, ready to be asked. */

import { createModel, type Model } from '../../src/ask/index.ts';
import { parameterSpecs } from '../../src/engine/index.ts';
import { initialValues } from '../../src/model/index.ts';
import type { TrainOptions } from '../../src/options/index.ts';
import { completeOptions } from '../../src/options/options.ts';
import { CONFIG_FORMAT } from '../../src/run/config.ts';
import { modelConfig, type RunConfig } from '../../src/run/index.ts';
import { createTokenizer, SPECIAL_TOKENS, type Tokenizer } from '../../src/text/index.ts';

export function characters(letters: string): Tokenizer {
  const options = { kind: 'char', pretokenized: false, lowercase: false, normalizeNewlines: false } as const;
  return createTokenizer([...SPECIAL_TOKENS, ...letters], options);
}

export function words(...list: string[]): Tokenizer {
  const options = { kind: 'word', pretokenized: true, lowercase: false, normalizeNewlines: false } as const;
  return createTokenizer([...SPECIAL_TOKENS, ...list], options);
}

interface Vocabularies {
  tokenizer: Tokenizer;
  targetTokenizer?: Tokenizer;
  labels?: string[];
}

/** The weights are `scale` times as wide as those that training starts from, so that they say something. */
export function tinyModel(
  given: Partial<TrainOptions>,
  { tokenizer, targetTokenizer, labels = [] }: Vocabularies,
  { seed = 1, scale = 3 } = {},
): Model {
  const classes = targetTokenizer?.vocabulary.length ?? (labels.length > 0 ? labels.length : null);
  const config: RunConfig = {
    format: CONFIG_FORMAT,
    gatelm: '0',
    node: 'v0',
    options: completeOptions({ hidden: 6, layers: 1, ...given }),
    vocabulary: tokenizer.vocabulary.length,
    classes,
    longest: classes === null ? null : { input: 10, output: 8 },
    cutoffs: null,
    corpus: [],
    kernel: 'strict',
    initFrom: null,
  };
  const specs = parameterSpecs(modelConfig(config));
  const values = initialValues(specs, seed);
  const parameters = specs.map(({ name, shape }) => {
    const data = values.get(name)!.map((value, i) => scale * value + 0.3 * Math.sin(i + name.length));
    return { name, shape, data };
  });
  return createModel({ folder: 'run', config, tokenizer, targetTokenizer, labels, vocabularyText: '', parameters });
}
