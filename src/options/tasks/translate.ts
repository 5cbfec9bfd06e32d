/** `translate`: another sequence for a sequence. */

import { InputError, option } from '../../errors.ts';
import type { TaskOptions } from './contract.ts';
import { completeExamples } from './examples.ts';

export const translate: TaskOptions = {
  help: 'source<TAB>target a line',
  examples: true,
  defaults: { layers: 1, hidden: 256, batchSize: 64, learningRate: 0.004, dropout: 0.2, labelSmoothing: 0.1 },
  check({ keep }) {
    if (keep !== 'macro-f1') return;
    throw new InputError(`${option('keep', keep)} is for labels and tags: take accuracy or loss.`);
  },
  complete(options) {
    completeExamples(options);
    options.targetTokenizer ??= options.tokenizer;
    options.attention ??= 'general';
    // A score without a matrix of its own.
    if (options.attention === 'dot' && options.merge === 'concat') {
      throw new InputError(
        `${option('attention', 'dot')} needs states of one width, but those of a bidirectional encoder are 2 x ${options.hidden} side by side: add ${option('merge', 'sum')}, or take ${option('attention', 'general')}.`,
      );
    }
  },
};
