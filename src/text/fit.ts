/** The tokenizer for a text that was read: a given one, or one with the vocabulary of the training part. */

import type { TypeCounts } from './count.ts';
import type { Scanner } from './scan.ts';
import { createTokenizer } from './tokenizer.ts';
import type { Tokenizer, TokenizerOptions } from './types.ts';
import { buildVocabulary, indexVocabulary, mapTypes, type VocabularyLimits } from './vocabulary.ts';

/** A tokenizer to be made from the training part. The switches are off by default, the limits 1 and none. */
export interface NewTokenizer extends Partial<TokenizerOptions>, VocabularyLimits {
  kind: TokenizerOptions['kind'];
}

/** How a text is cut, by a tokenizer that exists or is to be made. */
export function tokenizerForm(tokenizer: NewTokenizer | Tokenizer): TokenizerOptions {
  if ('vocabulary' in tokenizer) return tokenizer.options;
  const { kind, pretokenized, lowercase, normalizeNewlines } = tokenizer;
  return {
    kind,
    pretokenized: pretokenized ?? false,
    lowercase: lowercase ?? false,
    normalizeNewlines: normalizeNewlines ?? false,
  };
}

/** The tokenizer, and the table from the provisional ids of `types` to its own; `counts` are those of the training part. */
export function fitTokenizer(
  types: Scanner,
  counts: TypeCounts,
  choice: NewTokenizer | Tokenizer,
): { tokenizer: Tokenizer; table: Uint32Array } {
  const form = tokenizerForm(choice);
  const tokenizer =
    'vocabulary' in choice ? choice : createTokenizer(buildVocabulary(types, counts.byType, form, choice), form);
  return { tokenizer, table: mapTypes(types, indexVocabulary(tokenizer.vocabulary), form.lowercase) };
}
