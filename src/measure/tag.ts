/** How often the tags of words are right: word by word, sentence by sentence, and entity by entity. */

import { type Answers, flat, joinAnswers, readAnswers } from './answers.ts';
import { type ClassificationMeasures, classificationMeasures } from './classes.ts';
import { entityF1, isBio } from './entities.ts';
import type { Counted } from './examples.ts';
import { createMeter } from './meter.ts';

export interface TagEvaluation extends ClassificationMeasures, Counted {
  task: 'tag';
  /**
   * Nats per token, with a CRF those of all tags of a sentence together; `accuracy` and all else of a classification is by
   * token too.
   */
  loss: number;
  /** Share of the sentences without a wrong tag. */
  sentenceAccuracy: number;
  /** F1 of whole entities; of BIO tags alone. */
  entityF1?: number;
}

export const tag = createMeter<Answers, TagEvaluation>({
  read: (model, source) => readAnswers('tag', model, source),
  join: joinAnswers,
  figures({ right, given, lossSum, examples, tokens, unknown }, { labels }) {
    const tags = (sequences: readonly Int32Array[]): string[][] =>
      sequences.map((ids) => Array.from(ids, (id) => labels[id]));
    const whole = right.filter((ids, i) => ids.every((id, at) => id === given[i][at])).length;
    return {
      task: 'tag',
      loss: lossSum / tokens,
      ...classificationMeasures(labels, flat(right), flat(given)),
      sentenceAccuracy: whole / examples,
      ...(isBio(labels) ? { entityF1: entityF1(tags(right), tags(given)) } : {}),
      ...{ examples, tokens, unknown },
    };
  },
});
