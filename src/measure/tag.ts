/** How often the tags of words are right: word by word, sentence by sentence, and entity by entity. */

import { tagScheme } from '../text/index.ts';
import { type Answers, flat, joinAnswers, readAnswers } from './answers.ts';
import { type ClassificationMeasures, classificationMeasures } from './classes.ts';
import { entityF1 } from './entities.ts';
import type { Counted } from './examples.ts';
import { createMeter } from './meter.ts';

export interface TagEvaluation extends ClassificationMeasures, Counted {
  task: 'tag';
  /**
   * Nats per token whose tag the model knows, with a CRF those of all tags of a sentence together; `accuracy` and all else of a
   * classification is by token too.
   */
  loss: number;
  /** Tokens whose tag it does not know, which count as errors; absent if there are none. */
  unseen?: number;
  /** Share of the sentences without a wrong tag. */
  sentenceAccuracy: number;
  /** F1 of whole entities, where tags are of one of the schemes that name them: IOB1, BIO, IOBES or BILOU. */
  entityF1?: number;
}

export const tag = createMeter<Answers, TagEvaluation>({
  read: (model, source, options) => readAnswers('tag', model, source, options),
  join: joinAnswers,
  figures({ right, given, unseenLabels, unseen, lossSum, examples, tokens, unknown }, { labels }) {
    const tags = (sequences: readonly Int32Array[]): string[][] =>
      sequences.map((ids) => Array.from(ids, (id) => labels[id] ?? unseenLabels[-1 - id]));
    const whole = right.filter((ids, i) => ids.every((id, at) => id === given[i][at])).length;
    return {
      task: 'tag',
      loss: lossSum / (tokens - unseen),
      ...classificationMeasures(labels, flat(right), flat(given)),
      sentenceAccuracy: whole / examples,
      ...(tagScheme(labels) ? { entityF1: entityF1(tags(right), tags(given)) } : {}),
      ...(unseen > 0 ? { unseen } : {}),
      ...{ examples, tokens, unknown },
    };
  },
});
