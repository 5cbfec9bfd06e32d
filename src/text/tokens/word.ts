/** Words and punctuation; word-scanners.ts says how a text is cut, and `json` says the same. */

import { replace, split } from './hugging-face.ts';
import { pretokenizedScheme } from './pretokenized.ts';
import type { TokenScheme } from './scheme.ts';
import { isWord, UNSPACED_SCRIPTS, wordScanner } from './word-scanners.ts';
import { wordFacts, wordJoiner } from './words.ts';

// A character of a word.
const W = `[\\p{L}\\p{N}\\p{M}_&&[^${UNSPACED_SCRIPTS.map((script) => `\\p{${script}}`).join('')}]]`;
const IMPLIED_SPACE = `(?<=${W}) (?=${W}|\\z)`;
const PIECE = `${W}+(?:['’]${W}+)*| ?(?!${W})\\S ?| +|\\r?\\n|\\s`;

export const wordScheme: TokenScheme = {
  summary: 'words and punctuation',
  ...wordFacts,
  lineEndTokens: false,
  signatures: false,
  scanner: ({ lineEnds }) => wordScanner(lineEnds),
  joiner: () => wordJoiner(isWord),
  impliesSpace: (character) => isWord(character) || /['’]/.test(character),
  json: {
    normalizers: [],
    preTokenizer: { type: 'Sequence', pretokenizers: [split(IMPLIED_SPACE, 'Removed'), split(PIECE, 'Isolated')] },
    // Joining takes a mark after each word, which becomes a space if another word follows.
    decoder: {
      type: 'Sequence',
      decoders: [
        replace({ Regex: `(?<=${W})\\z` }, '\uffff'),
        { type: 'Fuse' },
        replace({ Regex: `\uffff(?=${W})` }, ' '),
        replace({ String: '\uffff' }, ''),
      ],
    },
  },
  pretokenized: pretokenizedScheme,
};
