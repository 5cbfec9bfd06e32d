/** The tags of the words of texts. */

import { type LabelProbability, rankLabels } from './classify.ts';
import { type AskOptions, checkText, namer } from './inputs.ts';
import { demandTask, type Model } from './model.ts';

export interface TaggedToken {
  token: string;
  /** Every tag with its probability, the likeliest first. */
  tags: LabelProbability[];
}

/**
 * Tags the words of each text, which white space parts.
 *
 * @throws InputError for a text that is empty or has a tab, and one longer than the run's `--max-length`, and a model
 *   of another task.
 */
export function tag(model: Model, texts: readonly string[], options: AskOptions = {}): TaggedToken[][] {
  demandTask(model, 'tag');
  const where = namer(options, texts.length);
  const sentences = texts.map((text) => text.split(/\p{White_Space}+/u).filter((word) => word !== ''));
  sentences.forEach((words, i) => {
    checkText(model, texts[i], words.length, where(i));
  });
  const { tokenizer, labels } = model;
  // Each on its own, as what is one word here may be several to the tokenizer; then the first counts.
  const ids = sentences.map((words) => words.map((word) => tokenizer.encode(word)[0]));
  const found = model.predictor.logProbabilities(ids);
  return sentences.map((words, i) =>
    words.map((token, at) => ({
      token,
      tags: rankLabels(labels, found[i].subarray(at * labels.length, (at + 1) * labels.length)),
    })),
  );
}
