/** What readers of texts and of examples do alike: a new tokenizer, and how much of a text it does not know. */

import type { CompleteOptions } from '../../options/index.ts';
import type { NewTokenizer, TextStatistics, TokenizerName } from '../../text/index.ts';

/** A tokenizer of `kind` that is to be made from the training part. */
export function newTokenizer(options: CompleteOptions, kind: TokenizerName): NewTokenizer {
  const { pretokenized, lowercase, normalizeNewlines, unicode, minCount, vocabSize } = options;
  const limits = vocabSize === null ? { minCount } : { minCount, vocabSize };
  const form = unicode === 'none' ? {} : { unicode };
  return { kind, pretokenized, lowercase, normalizeNewlines, ...form, ...limits };
}

/** What a vocabulary lacks of a text. */
export interface Unknown {
  /** Share of the tokens. */
  share: number;
  /** Bits that spelling them takes, for each token of the text. */
  spellingBits: number;
}

export function unknownOf(parts: readonly TextStatistics[]): Unknown {
  const sum = (name: keyof TextStatistics): number => parts.reduce((total, part) => total + part[name], 0);
  const tokens = Math.max(1, sum('tokens'));
  return { share: sum('unknown') / tokens, spellingBits: sum('spellingBits') / tokens };
}
