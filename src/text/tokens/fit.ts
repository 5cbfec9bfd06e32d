/** The tokenizer for a text that was read: a given one, or one with the vocabulary of the training part. */

import type { Scanner } from './scanner.ts';
import { createTokenizer } from './tokenizer.ts';
import type { Tokenizer, TokenizerOptions } from './types.ts';
import { buildVocabulary, createLookup, mapTypes, type VocabularyLimits } from './vocabulary.ts';

/** A tokenizer to be made from the training part. The switches are off by default, the limits 1 and none. */
export interface NewTokenizer extends Partial<TokenizerOptions>, VocabularyLimits {
  kind: TokenizerOptions['kind'];
}

/** How a text is cut, by a tokenizer that exists or is to be made. */
export function tokenizerForm(tokenizer: NewTokenizer | Tokenizer): TokenizerOptions {
  if ('vocabulary' in tokenizer) return tokenizer.options;
  const { kind, pretokenized = false, lowercase = false, normalizeNewlines = false } = tokenizer;
  const { unicode, unknownShapes } = tokenizer;
  const form = { kind, pretokenized, lowercase, normalizeNewlines };
  return { ...form, ...(unicode ? { unicode } : {}), ...(unknownShapes ? { unknownShapes } : {}) };
}

/**
 * The tokenizer, and the table from the provisional ids of `types` to its own; types occur `counts[id]` times in the training part,
 * `labels` those of a new tokenizer.
 */
export function fitTokenizer(
  types: Scanner,
  counts: ArrayLike<number>,
  choice: NewTokenizer | Tokenizer,
  labels: readonly string[] = [],
): { tokenizer: Tokenizer; table: Uint32Array } {
  const tokenizer = 'vocabulary' in choice ? choice : newTokenizer(types, counts, choice, labels);
  const texts = tokenizer.vocabulary.length - tokenizer.labels.length;
  return { tokenizer, table: mapTypes(types, createLookup(tokenizer.vocabulary.slice(0, texts), tokenizer.options)) };
}

function newTokenizer(
  types: Scanner,
  counts: ArrayLike<number>,
  choice: NewTokenizer,
  labels: readonly string[],
): Tokenizer {
  const form = tokenizerForm(choice);
  return createTokenizer(buildVocabulary(types, counts, form, choice, labels), form, labels);
}
