/** How often the labels of texts are right. */

import { type Answers, flat, joinAnswers, readAnswers } from './answers.ts';
import { type ClassificationMeasures, classificationMeasures } from './classes.ts';
import type { Counted } from './examples.ts';
import { createMeter } from './meter.ts';

export interface ClassifyEvaluation extends ClassificationMeasures, Counted {
  task: 'classify';
  /** Nats per text whose label the model knows. */
  loss: number;
  /** Texts whose label it does not know, which count as errors; absent if there are none. */
  unseen?: number;
}

export const classify = createMeter<Answers, ClassifyEvaluation>({
  read: (model, source, options) => readAnswers('classify', model, source, options),
  join: joinAnswers,
  figures: ({ right, given, lossSum, unseen, examples, tokens, unknown }, { labels }) => ({
    task: 'classify',
    loss: lossSum / (examples - unseen),
    ...classificationMeasures(labels, flat(right), flat(given)),
    ...(unseen > 0 ? { unseen } : {}),
    ...{ examples, tokens, unknown },
  }),
});
