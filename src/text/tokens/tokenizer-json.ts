/**
 * `tokenizer.json` as the Hugging Face `tokenizers` library reads it: a `WordLevel` model behind a normalizer and a
 * pre-tokenizer that say how the text is cut. Our own options are not written beside them but read back from them.
 *
 * The two agree on the ids of ordinary text, but for a tagger's unknown words: signatures (see shapes.ts) and labels
 * are added tokens, which `tokenizers` takes where they are written out and not otherwise, so that it has `<unk>` for
 * such words. They may also differ where Unicode's tables of characters are of different versions, on special tokens
 * written out in a text (`tokenizers` takes them as such), and on words over 1024 bytes.
 */

import { replace } from './hugging-face.ts';
import { schemeOf } from './schemes.ts';
import { SPECIAL_TOKENS, UNK } from './special.ts';
import type { Tokenizer, TokenizerOptions } from './types.ts';
import { countAdded } from './vocabulary.ts';

const NORMALIZE_NEWLINES = replace({ Regex: '\\r\\n?' }, '\n');
// Lower case has as many characters: see toLowerCase.
const LOWERCASE = { type: 'Sequence', normalizers: [replace({ String: '\u0130' }, 'i'), { type: 'Lowercase' }] };
/** The special tokens and the last `count` of a vocabulary, as `added_tokens`, which `tokenizers` leaves out of decoded text. */
export function addedTokens(vocabulary: readonly string[], count: number): object[] {
  const first = vocabulary.length - count;
  const added = [...SPECIAL_TOKENS, ...vocabulary.slice(first)];
  return added.map((content, i) => ({
    id: i < SPECIAL_TOKENS.length ? i : first + i - SPECIAL_TOKENS.length,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
}

/** All of `tokenizer.json` but `added_tokens` and the vocabulary. */
export function tokenizerFrame(options: TokenizerOptions): Record<string, unknown> {
  const { json } = schemeOf(options);
  const normalizers = [
    ...(options.unicode ? [{ type: options.unicode.toUpperCase() }] : []),
    ...(options.normalizeNewlines ? [NORMALIZE_NEWLINES] : []),
    ...(options.lowercase ? [LOWERCASE] : []),
    ...json.normalizers,
  ];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: normalizers.length > 0 ? { type: 'Sequence', normalizers } : null,
    pre_tokenizer: json.preTokenizer,
    post_processor: null,
    decoder: json.decoder,
  };
}

/** The `tokenizer.json` of a tokenizer, ready for `JSON.stringify`. */
export function tokenizerJSON({ options, vocabulary, labels }: Tokenizer): object {
  // Without a prototype, so that a token `__proto__` is an entry like any other.
  const vocab: Record<string, number> = Object.create(null);
  vocabulary.forEach((token, id) => {
    vocab[token] = id;
  });
  return {
    ...tokenizerFrame(options),
    added_tokens: addedTokens(vocabulary, countAdded(vocabulary, options, labels.length)),
    model: { type: 'WordLevel', vocab, unk_token: SPECIAL_TOKENS[UNK] },
  };
}
