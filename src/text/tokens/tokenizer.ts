/** Tokenizers over a given vocabulary. */

import { createScanner } from './scan.ts';
import { scanWhole } from './scanner.ts';
import { EOS, PAD } from './special.ts';
import { tokenizerJSON } from './tokenizer-json.ts';
import type { Tokenizer, TokenizerOptions } from './types.ts';
import { countAdded, createLookup, mapTypes } from './vocabulary.ts';
import { isWord } from './word-scanners.ts';

/**
 * A tokenizer. `vocabulary` holds the tokens by id, the four special ones first, without repeats, those of `labels` last.
 *
 * @example
 * const tokenizer = createTokenizer([...SPECIAL_TOKENS, 'a', 'b'], {
 *   kind: 'char', pretokenized: false, lowercase: false, normalizeNewlines: false,
 * });
 * tokenizer.encode('abc'); // [4, 5, 0]
 */
export function createTokenizer(
  vocabulary: readonly string[],
  options: TokenizerOptions,
  labels: readonly string[] = [],
): Tokenizer {
  const lookup = createLookup(vocabulary.slice(0, vocabulary.length - labels.length), options);
  const lastWord = vocabulary.length - countAdded(vocabulary, options, labels.length) - 1;
  const isSpecial = (id: number): boolean => id <= PAD || id > lastWord;
  const streamDecoder = (special = false): ((id: number) => string) => {
    // Whether a word that comes next takes a space before it.
    let afterWord = false;
    return (id) => {
      if (options.pretokenized && id === EOS) {
        afterWord = false;
        return '\n';
      }
      if (isSpecial(id) && !special) return '';
      const token = vocabulary[id];
      if (options.kind === 'char') return token;
      const word = isSpecial(id) || options.pretokenized || isWord(token);
      const space = word && afterWord ? ' ' : '';
      afterWord = word;
      return space + token;
    };
  };
  const tokenizer: Tokenizer = {
    kind: options.kind,
    options,
    vocabulary,
    labels,
    encode: options.kind === 'char' ? charEncoder(lookup, options) : wordEncoder(lookup, options),
    decode(ids, special) {
      const piece = streamDecoder(special);
      let text = '';
      for (let i = 0; i < ids.length; i++) text += piece(ids[i]);
      return text;
    },
    streamDecoder,
    toJSON: () => tokenizerJSON(tokenizer),
  };
  return tokenizer;
}

function charEncoder(lookup: (token: string) => number, options: TokenizerOptions): Tokenizer['encode'] {
  return (text) => {
    if (options.normalizeNewlines) text = text.replace(/\r\n?/g, '\n');
    return Array.from(text, lookup);
  };
}

function wordEncoder(lookup: (token: string) => number, options: TokenizerOptions): Tokenizer['encode'] {
  return (text) => {
    const scanner = createScanner(options, options.normalizeNewlines ? 'normalize' : 'keep');
    const bytes = Buffer.from(text);
    const ids = new Int32Array(bytes.length + 4);
    const count = scanWhole(scanner, bytes, ids);
    const map = mapTypes(scanner, lookup);
    return Array.from(ids.subarray(0, count), (id) => map[id]);
  };
}
