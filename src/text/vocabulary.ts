/** Which types of a corpus become tokens, and in what order. */

import { InputError } from '../errors.ts';
import type { Scanner } from './scan.ts';
import { SPECIAL_TOKENS, type TokenizerOptions, UNK } from './types.ts';
import { MAX_VOCABULARY } from './word-table.ts';

export interface VocabularyLimits {
  /** Tokens seen less often in the training part become `<unk>`; 1 by default. */
  minCount?: number | undefined;
  /** Most entries, the four special tokens included; the rarest go first. No limit by default. */
  vocabSize?: number | undefined;
}

/** Each code point in lower case. One stays one: U+0130, whose lower case is two, becomes `i`. */
export function toLowerCase(text: string): string {
  let lower = '';
  for (const character of text) lower += String.fromCodePoint(character.toLowerCase().codePointAt(0)!);
  return lower;
}

/**
 * The vocabulary for types that occur `counts[id]` times: the special tokens, then characters by code point, or words by
 * falling count and, where counts are equal, by code unit.
 */
export function buildVocabulary(
  types: Scanner,
  counts: ArrayLike<number>,
  options: TokenizerOptions,
  { minCount = 1, vocabSize = MAX_VOCABULARY }: VocabularyLimits,
): string[] {
  const totals = new Map<string, number>();
  for (let id = SPECIAL_TOKENS.length; id < types.size(); id++) {
    if (counts[id] === 0 || (!options.lowercase && counts[id] < minCount)) continue;
    const token = options.lowercase ? toLowerCase(types.text(id)) : types.text(id);
    totals.set(token, (totals.get(token) ?? 0) + counts[id]);
  }
  for (const special of SPECIAL_TOKENS) totals.delete(special);
  const tokens = [...totals.keys()].filter((token) => totals.get(token)! >= minCount);
  if (tokens.length === 0) {
    throw new InputError(
      `Nothing in the training text occurs ${minCount} times or more, so that the vocabulary would be empty; lower --min-count.`,
    );
  }
  const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : 1);
  const byCodePoint = (a: string, b: string): number => a.codePointAt(0)! - b.codePointAt(0)!;
  const order = options.kind === 'char' ? byCodePoint : byCodeUnit;
  tokens.sort((a, b) => totals.get(b)! - totals.get(a)! || order(a, b));
  tokens.length = Math.min(tokens.length, Math.min(vocabSize, MAX_VOCABULARY) - SPECIAL_TOKENS.length);
  if (options.kind === 'char') tokens.sort(byCodePoint);
  return [...SPECIAL_TOKENS, ...tokens];
}

/** Ids by token. */
export function indexVocabulary(vocabulary: readonly string[]): Map<string, number> {
  return new Map(vocabulary.map((token, id) => [token, id]));
}

/** Table from the provisional ids of `types` to those of a vocabulary; types that it lacks map to `UNK`. */
export function mapTypes(types: Scanner, index: ReadonlyMap<string, number>, lowercase: boolean): Uint32Array {
  const ids = new Uint32Array(types.size());
  for (let id = 0; id < ids.length; id++) {
    if (id < SPECIAL_TOKENS.length) ids[id] = id;
    else ids[id] = index.get(lowercase ? toLowerCase(types.text(id)) : types.text(id)) ?? UNK;
  }
  return ids;
}
