/** Defaults that depend on other options or on the text. */

import { optimizerOf } from '../engine/index.ts';
import { tokenSchemes } from '../text/index.ts';
import type { TrainOptions } from './table.ts';
import { tasks } from './tasks/index.ts';

/** Whether words are tokens, of which there are too many for a one-hot input. */
export function readsWords({ tokenizer, targetTokenizer }: TrainOptions): boolean {
  const schemes = [tokenizer, targetTokenizer].map((name) => name && tokenSchemes[name]);
  return schemes.some((scheme) => scheme?.largeVocabulary === true);
}

/** Found on texts of 0.1 and 1 million tokens, 2 x 256 and 2 x 200: the best after some minutes. */
export function defaultLearningRate({ task, optimizer, tokenizer }: TrainOptions): number {
  return (
    optimizerOf(optimizer).learningRate ??
    tasks[task].defaults.learningRate ??
    (tokenSchemes[tokenizer].largeVocabulary ? 0.003 : 0.008)
  );
}

/** Minutes of a run without a limit of its own: 5 for a million tokens, growing with the square root, from 0.5 to 60. */
export function defaultMinutes(trainingTokens: number): number {
  return Math.min(60, Math.max(0.5, Number((5 * Math.sqrt(trainingTokens / 1e6)).toFixed(1))));
}
