/** Options of a training run: what the text is, and how it is read. */

import { boolean, COUNT, choice, integer, MOST_SIZE, optional, path, paths, share } from '../readers.ts';
import { trainRow } from '../row.ts';

export const textOptions = {
  files: trainRow(paths, {
    help: 'text files, or folders of them',
    default: [],
    defaultText: 'a corpus that comes with the program',
    argument: true,
    onResume: 'change',
  }),
  tokenizer: trainRow(choice('char', 'word'), {
    value: 'kind',
    help: 'char: a token is a Unicode code point; word: words and punctuation',
    default: 'char',
  }),
  targetTokenizer: trainRow(optional(choice('char', 'word')), {
    value: 'kind',
    help: 'translate: the same for the target',
    default: null,
    defaultText: 'that of the source',
    tasks: ['translate'],
  }),
  format: trainRow(choice('stream', 'lines', 'labelled'), {
    value: 'format',
    help: 'stream: one long text; lines: a document a line; labelled: label<TAB>document a line',
    default: 'stream',
    tasks: 'text',
  }),
  maxLength: trainRow(optional(integer(1, MOST_SIZE)), {
    value: 'n',
    help: 'classify, tag, translate: most tokens of an example, on either side',
    default: null,
    defaultText: '1,000',
    tasks: 'examples',
  }),
  pretokenized: trainRow(boolean, {
    help: 'words are what white space parts, the end of a line is <eos> (Penn Treebank)',
    default: false,
    tasks: 'text',
    tokenizers: ['word'],
  }),
  lowercase: trainRow(boolean, {
    help: 'lower-case the text',
    default: false,
  }),
  minCount: trainRow(integer(1, COUNT), {
    value: 'n',
    help: 'tokens seen less often become <unk>',
    default: 1,
  }),
  vocabSize: trainRow(optional(integer(5, COUNT)), {
    value: 'n',
    help: 'most tokens in the vocabulary, the frequent ones kept',
    default: null,
    defaultText: 'all',
  }),
  normalizeNewlines: trainRow(boolean, {
    help: 'read CRLF and CR as LF',
    default: false,
    tasks: 'text',
  }),
  lossy: trainRow(boolean, {
    help: 'replace invalid UTF-8 by U+FFFD',
    default: false,
  }),
  valSplit: trainRow(share, {
    value: 'share',
    help: 'share held out for validation: the end of a stream, a seeded choice of lines or examples',
    default: 0.1,
  }),
  valid: trainRow(optional(path), {
    value: 'file',
    help: 'validate on this file instead',
    default: null,
    defaultText: 'none',
  }),
};
