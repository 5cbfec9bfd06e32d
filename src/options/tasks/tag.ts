/** `tag`: a tag for each token of a sentence. */

import { InputError, option } from '../../errors.ts';
import { tokenSchemes } from '../../text/index.ts';
import type { TaskOptions } from './contract.ts';
import { completeExamples } from './examples.ts';

export const tag: TaskOptions = {
  help: 'token<TAB>tag a line, blank lines between sentences',
  examples: true,
  defaults: {
    tokenizer: 'word',
    minCount: 2,
    layers: 1,
    hidden: 128,
    batchSize: 16,
    learningRate: 0.003,
    dropout: 0.3,
    tokenDropout: 0.1,
  },
  check({ tokenizer, output, tagScheme, labelSmoothing, classWeights }) {
    if (!tokenSchemes[tokenizer].pretokenized) {
      throw new InputError(
        `${option('task', 'tag')} takes the tokens of its file as words: leave out ${option('tokenizer', tokenizer)}.`,
      );
    }
    if (output === 'crf' && labelSmoothing > 0) {
      throw new InputError(
        `${option('labelSmoothing')} is for a softmax: leave it out with ${option('output', 'crf')}.`,
      );
    }
    if (output === 'crf' && classWeights !== 'none') {
      throw new InputError(`${option('classWeights')} is for a softmax: leave it out with ${option('output', 'crf')}.`);
    }
    if (output === 'softmax' && tagScheme !== null) {
      throw new InputError(`${option('tagScheme')} needs ${option('output', 'crf')}.`);
    }
  },
  complete: completeExamples,
};
