/** The labels of texts. */

import { refuseUnknown } from '../options/index.ts';
import { ASK_OPTIONS, type AskOptions, encodeTexts } from './inputs.ts';
import { demandTask, type Model } from './model.ts';

export interface LabelProbability {
  label: string;
  probability: number;
}

/**
 * The probability of every label for each text, the likeliest first.
 *
 * @throws InputError for a text that is empty or has a tab, and one longer than the run's `maxLength`, and a model
 *   of another task.
 */
export function classify(model: Model, texts: readonly string[], options: AskOptions = {}): LabelProbability[][] {
  refuseUnknown(options, ASK_OPTIONS);
  demandTask(model, 'classify');
  const found = model.predictor.logProbabilities(encodeTexts(model, texts, options));
  return found.map((logProbabilities) => rankLabels(model.labels, logProbabilities));
}

/** Labels by falling probability; of equal ones the more frequent first, as they are by id. */
export function rankLabels(labels: readonly string[], logProbabilities: Float32Array): LabelProbability[] {
  return labels
    .map((label, id) => ({ label, probability: Math.exp(logProbabilities[id]) }))
    .sort((a, b) => b.probability - a.probability);
}
