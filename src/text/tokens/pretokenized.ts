/** Pre-tokenized words: what white space parts, a line a sentence, as in the Penn Treebank of Mikolov et al. 2010. */

import { replace } from './hugging-face.ts';
import type { TokenScheme } from './scheme.ts';
import { pretokenizedScanner } from './word-scanners.ts';
import { wordFacts, wordJoiner } from './words.ts';

export const pretokenizedScheme: TokenScheme = {
  summary: 'words are what white space parts, the end of a line is <eos> (Penn Treebank)',
  ...wordFacts,
  lineEndTokens: true,
  signatures: true,
  scanner: ({ lineEnds }) => pretokenizedScanner(lineEnds),
  joiner: () => wordJoiner(() => true),
  impliesSpace: (character) => /\S/u.test(character),
  json: {
    normalizers: [replace({ String: '\n' }, ' <eos> ')],
    preTokenizer: { type: 'WhitespaceSplit' },
    decoder: null,
  },
};
