/** The words in which the commands speak of each task. */

import type { Task } from '../model/index.ts';

interface TaskWords {
  /** What a model of the task does. */
  does: string;
  /** What a step's speed counts: the positions that have a target. */
  counted: string;
  /** What its files hold, where they hold examples. */
  examples?: string;
  /** What it gives to texts or tokens. */
  classes: string;
  /** What the loss is of, where that is not what comes before. */
  given?: string;
  /** It writes by itself: a sample is shown at each evaluation. */
  samples?: true;
  /** What to try on a new run, after `lm`. */
  next(run: string): string;
}

const predict =
  (text: string) =>
  (run: string): string =>
    `predict ${run} "${text}"`;

export const taskWords: { readonly [T in Task]: TaskWords } = {
  lm: {
    does: 'tells the next token',
    counted: 'tokens',
    classes: 'labels',
    samples: true,
    next: (run) => `sample ${run}`,
  },
  classify: {
    does: 'gives a text a label',
    counted: 'texts',
    examples: 'texts',
    classes: 'labels',
    next: predict('a text'),
  },
  tag: {
    does: 'gives each token a tag',
    counted: 'tokens',
    examples: 'sentences',
    classes: 'tags',
    next: predict('a text'),
  },
  translate: {
    does: 'writes another sequence',
    counted: 'target tokens',
    examples: 'pairs',
    classes: 'labels',
    next: predict('a text'),
  },
  fill: {
    does: 'tells a token by those before and after it',
    given: ' by both sides',
    counted: 'tokens',
    classes: 'labels',
    next: predict('a text with a ____ in it'),
  },
};
