/** How often the labels of texts are right. */

import { type Answers, flat, joinAnswers, readAnswers } from './answers.ts';
import { type ClassificationMeasures, classificationMeasures } from './classes.ts';
import type { Counted } from './examples.ts';
import { createMeter } from './meter.ts';

export interface ClassifyEvaluation extends ClassificationMeasures, Counted {
  task: 'classify';
  /** Nats per text. */
  loss: number;
}

export const classify = createMeter<Answers, ClassifyEvaluation>({
  read: (model, source) => readAnswers('classify', model, source),
  join: joinAnswers,
  figures: ({ right, given, lossSum, examples, tokens, unknown }, { labels }) => ({
    task: 'classify',
    loss: lossSum / examples,
    ...classificationMeasures(labels, flat(right), flat(given)),
    ...{ examples, tokens, unknown },
  }),
});
