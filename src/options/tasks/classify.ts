/** `classify`: a label for a text. */

import type { TaskOptions } from './contract.ts';
import { completeExamples } from './examples.ts';

export const classify: TaskOptions = {
  help: 'label<TAB>text a line, or a file a label',
  examples: true,
  defaults: {
    cell: 'gru',
    layers: 1,
    hidden: 128,
    batchSize: 128,
    learningRate: 0.01,
    dropout: 0.5,
    tokenDropout: 0.2,
  },
  complete(options) {
    completeExamples(options);
    options.pool ??= 'max';
  },
};
