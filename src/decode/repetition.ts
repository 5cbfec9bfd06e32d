/** What keeps a text from repeating itself: recent tokens made rarer, and n-grams that may occur only once. */

import { demand } from './demand.ts';

export interface RepetitionOptions {
  /**
   * Keskar et al. 2019 (CTRL, section 4.1), on log-probabilities: those of recent tokens are multiplied by it, which raises their
   * probability to that power. 1 (default) changes nothing, more makes repeating rarer, less (above 0) likelier.
   */
  repetitionPenalty?: number | undefined;
  /** How many of the last tokens, the prompt's included, count as recent. 64 by default. */
  repetitionWindow?: number | undefined;
  /**
   * n: no n tokens in a row occur twice in a text, the prompt's included (Paulus et al. 2018, section 2.5, with 3). 0 (default)
   * forbids nothing.
   */
  noRepeatNgram?: number | undefined;
}

const WINDOW = 64;

export interface Repetition {
  /**
   * Lowers the V `scores` of the token to come after all tokens of a text so far, the prompt's included. They are log-probabilities,
   * and as yet unchanged.
   */
  lower(scores: Float64Array, text: readonly number[]): void;
}

/** Returns undefined where the options change nothing. Throws an InputError for an option out of its range. */
export function createRepetition(options: RepetitionOptions): Repetition | undefined {
  const { repetitionPenalty: penalty = 1, repetitionWindow: window = WINDOW, noRepeatNgram: n = 0 } = options;
  demand(penalty > 0 && penalty < Infinity, 'repetition penalty', penalty, 'a number above 0');
  demand(Number.isSafeInteger(window) && window >= 0, 'repetition window', window, 'a whole number of tokens');
  demand(Number.isSafeInteger(n) && n >= 0, 'size of n-grams that may not repeat', n, 'a whole number, 0 for none');
  if (penalty === 1 && n === 0) return undefined;
  return {
    lower(scores, text) {
      if (penalty !== 1) for (const id of new Set(text.slice(Math.max(0, text.length - window)))) scores[id] *= penalty;
      if (n > 0) forbidNgrams(scores, text, n);
    },
  };
}

/** Forbids what came before after the last n - 1 tokens of the text. */
function forbidNgrams(scores: Float64Array, text: readonly number[], n: number): void {
  const last = text.length - n + 1;
  for (let at = 0; at < last; at++) {
    let same = 0;
    while (same < n - 1 && text[at + same] === text[last + same]) same++;
    if (same === n - 1) scores[text[at + n - 1]] = Number.NEGATIVE_INFINITY;
  }
}
