/** What is true of words, however a text is cut into them. */

import { toLowerCase } from './lower-case.ts';
import type { Joiner, TokenScheme } from './scheme.ts';

export const wordFacts = {
  unit: 'word',
  units: 'words',
  measure: 'perplexity',
  largeVocabulary: true,
  lengths: { sample: 150, glimpse: 40, blank: 3 },
  compare: (a, b) => (a < b ? -1 : 1),
  inOrder: false,
  lowercase: toLowerCase,
} as const satisfies Partial<TokenScheme>;

/** Puts a space between two words; what is written out counts as one. */
export function wordJoiner(isWord: (token: string) => boolean): Joiner {
  let afterWord = false;
  return {
    add(token, added) {
      const word = added || isWord(token);
      const space = word && afterWord ? ' ' : '';
      afterWord = word;
      return space + token;
    },
    end: () => '',
  };
}
