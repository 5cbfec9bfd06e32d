/** Which types of a corpus become tokens, and in what order. */

import { InputError, option } from '../../errors.ts';
import { toLowerCase } from './lower-case.ts';
import type { Scanner } from './scanner.ts';
import { schemeOf } from './schemes.ts';
import { chooseSignatures, isSignature, signaturesOf } from './shapes.ts';
import { SPECIAL_TOKENS, UNK } from './special.ts';
import type { TokenizerOptions } from './types.ts';
import { MAX_VOCABULARY } from './word-table.ts';

export interface VocabularyLimits {
  /** Tokens seen less often in the training part become `<unk>`; 1 by default. */
  minCount?: number | undefined;
  /** Most entries, the special tokens included; the rarest go first. No limit by default. */
  vocabSize?: number | undefined;
}

/** How the label of a document is written in a vocabulary. */
export function labelToken(label: string): string {
  return `<label:${label}>`;
}

/** The label that `labelToken` writes as `token`, if it can be one. */
export function labelOf(token: string): string | undefined {
  return /^<label:([^\t\n\r]*[^\t\n\r ][^\t\n\r]*)>$/.exec(token)?.[1];
}

/**
 * The vocabulary for types that occur `counts[id]` times: the special tokens, then those of texts, in the order of
 * their scheme or by falling count; then signatures for unknown words (see shapes.ts), then `labels`.
 */
export function buildVocabulary(
  types: Scanner,
  counts: ArrayLike<number>,
  options: TokenizerOptions,
  { minCount = 1, vocabSize = MAX_VOCABULARY }: VocabularyLimits,
  labels: readonly string[] = [],
): string[] {
  const scheme = schemeOf(options);
  const labelTokens = labels.map(labelToken);
  if (scheme.tokens) return [...SPECIAL_TOKENS, ...scheme.tokens, ...labelTokens];
  const totals = new Map<string, number>();
  const reserved = new Set<string>([...SPECIAL_TOKENS, ...labelTokens]);
  for (let id = SPECIAL_TOKENS.length; id < types.size(); id++) {
    if (counts[id] === 0 || (!options.lowercase && !options.unknownShapes && counts[id] < minCount)) continue;
    const text = types.text(id);
    const token = options.lowercase ? scheme.lowercase(text) : text;
    // Labels are types too, and keep their case.
    if (reserved.has(text) || reserved.has(token) || (options.unknownShapes && isSignature(token))) continue;
    totals.set(token, (totals.get(token) ?? 0) + counts[id]);
  }
  const tokens = [...totals.keys()].filter((token) => totals.get(token)! >= minCount);
  if (tokens.length === 0) {
    throw new InputError(
      `Nothing in the training text occurs ${minCount} times or more, so that the vocabulary would be empty; lower ${option('minCount')}.`,
    );
  }
  tokens.sort((a, b) => totals.get(b)! - totals.get(a)! || scheme.compare(a, b));
  const room = Math.min(vocabSize, MAX_VOCABULARY) - reserved.size;
  tokens.length = Math.max(0, Math.min(tokens.length, room));
  const signatures = options.unknownShapes ? signaturesFor(types, counts, new Set(tokens), options) : [];
  tokens.length = Math.max(0, Math.min(tokens.length, room - signatures.length));
  if (scheme.inOrder) tokens.sort(scheme.compare);
  return [...SPECIAL_TOKENS, ...tokens, ...signatures, ...labelTokens];
}

/** Signatures for the types that are not among `tokens`. */
function signaturesFor(
  types: Scanner,
  counts: ArrayLike<number>,
  tokens: ReadonlySet<string>,
  options: TokenizerOptions,
): string[] {
  const rare = new Map<string, number>();
  for (let id = SPECIAL_TOKENS.length; id < types.size(); id++) {
    const word = types.text(id);
    if (counts[id] > 0 && !tokens.has(toLowerCase(word)) && (options.lowercase || !tokens.has(word))) {
      rare.set(word, counts[id]);
    }
  }
  return chooseSignatures(rare);
}

/** Tokens at the end of a vocabulary that no text has as such: signatures of unknown words, then labels. */
export function countAdded(vocabulary: readonly string[], options: TokenizerOptions, labels: number): number {
  let first = vocabulary.length - labels;
  if (options.unknownShapes) while (isSignature(vocabulary[first - 1])) first--;
  return vocabulary.length - first;
}

/**
 * Ids of the tokens that a text is cut into; `vocabulary` is without labels, which no text is cut into. What it lacks
 * is `UNK`, or with `unknownShapes` its lower case, or the most specific of its signatures that is there.
 */
export function createLookup(vocabulary: readonly string[], options: TokenizerOptions): (token: string) => number {
  const { lowercase } = schemeOf(options);
  const index = new Map(vocabulary.map((token, id) => [token, id]));
  const shaped = (token: string): number => {
    for (const form of [toLowerCase(token), ...signaturesOf(token)]) {
      const id = index.get(form);
      if (id !== undefined) return id;
    }
    return UNK;
  };
  return (token) =>
    index.get(options.lowercase ? lowercase(token) : token) ?? (options.unknownShapes ? shaped(token) : UNK);
}

/** Table from the provisional ids of `types`, in a text, to those that `lookup` gives. */
export function mapTypes(types: Scanner, lookup: (token: string) => number): Uint32Array {
  const ids = new Uint32Array(types.size());
  for (let id = 0; id < ids.length; id++) ids[id] = id < SPECIAL_TOKENS.length ? id : lookup(types.text(id));
  return ids;
}
