/** Tokenizers over a given vocabulary. */

import { encodeAround, spaceAround } from './blanks.ts';
import { roomFor, scanWhole } from './scanner.ts';
import type { TokenScheme } from './scheme.ts';
import { createScanner, schemeOf } from './schemes.ts';
import { EOS, PAD } from './special.ts';
import { tokenizerJSON } from './tokenizer-json.ts';
import type { StreamDecoder, Tokenizer, TokenizerOptions, UnicodeForm } from './types.ts';
import { normalized } from './unicode.ts';
import { countAdded, createLookup, mapTypes } from './vocabulary.ts';

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
  const scheme = schemeOf(options);
  const lookup = createLookup(vocabulary.slice(0, vocabulary.length - labels.length), options);
  const lastWord = vocabulary.length - countAdded(vocabulary, options, labels.length) - 1;
  const isAdded = (id: number): boolean => id <= PAD || id > lastWord;
  const streamDecoder = (special = false): StreamDecoder => {
    let joiner = scheme.joiner();
    return (id) => {
      if (id === undefined) return joiner.end();
      if (scheme.lineEndTokens && id === EOS) {
        const rest = joiner.end();
        joiner = scheme.joiner();
        return `${rest}\n`;
      }
      const added = isAdded(id);
      return added && !special ? '' : joiner.add(vocabulary[id], added);
    };
  };
  const encode = normalizing(options.unicode, encoder(scheme, lookup, options));
  const tokenizer: Tokenizer = {
    kind: options.kind,
    scheme,
    options,
    vocabulary,
    labels,
    encode,
    decode(ids, special) {
      const piece = streamDecoder(special);
      let text = '';
      for (let i = 0; i < ids.length; i++) text += piece(ids[i]);
      return text + piece();
    },
    streamDecoder,
    encodeAround: (parts) => encodeAround(parts, encode, scheme),
    spaceAround: (parts, fillings) => spaceAround(parts, fillings, scheme),
    toJSON: () => tokenizerJSON(tokenizer),
  };
  return tokenizer;
}

function normalizing(form: UnicodeForm | undefined, encode: Tokenizer['encode']): Tokenizer['encode'] {
  return form === undefined ? encode : (text) => encode(normalized(text, form));
}

function encoder(
  { cut }: TokenScheme,
  lookup: (token: string) => number,
  options: TokenizerOptions,
): Tokenizer['encode'] {
  if (cut) {
    return (text) => Array.from(cut(options.normalizeNewlines ? text.replace(/\r\n?/g, '\n') : text), lookup);
  }
  return (text) => {
    const scanner = createScanner(options, options.normalizeNewlines ? 'normalize' : 'keep');
    const bytes = Buffer.from(text);
    const ids = roomFor(scanner, bytes.length, new Int32Array(0));
    const count = scanWhole(scanner, bytes, ids);
    const map = mapTypes(scanner, lookup);
    return Array.from(ids.subarray(0, count), (id) => map[id]);
  };
}
