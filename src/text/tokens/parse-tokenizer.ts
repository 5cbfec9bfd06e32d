/** Reads a `tokenizer.json`, which may come from a stranger: nothing of it is used before all of it is checked. */

import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../../errors.ts';
import { roomFor, scanWhole } from './scanner.ts';
import { createScanner, schemeOf, tokenizerForms } from './schemes.ts';
import { isSignature } from './shapes.ts';
import { SPECIAL_TOKENS } from './special.ts';
import { createTokenizer } from './tokenizer.ts';
import { addedTokens, tokenizerFrame } from './tokenizer-json.ts';
import type { Tokenizer, TokenizerOptions } from './types.ts';
import { labelOf } from './vocabulary.ts';
import { MAX_PIECE_BYTES } from './word-scanners.ts';
import { MAX_VOCABULARY } from './word-table.ts';

/**
 * The tokenizer in `json`, the parsed content of a `tokenizer.json` that `Tokenizer.toJSON` wrote or that the
 * `tokenizers` library saved again; `where` names the file in errors.
 *
 * @throws InputError naming file and field, for anything that `toJSON` could not have written.
 */
export function parseTokenizer(json: unknown, where: string): Tokenizer {
  const file = object(json, where, 'the whole');
  const options = possibleOptions().find((form) =>
    ['normalizer', 'pre_tokenizer'].every((field) => isDeepStrictEqual(own(file, field), tokenizerFrame(form)[field])),
  );
  if (options === undefined) {
    throw damaged(where, 'pre_tokenizer', 'and "normalizer" are not those of a tokenizer of this program');
  }
  for (const [field, expected] of Object.entries(tokenizerFrame(options))) {
    if (!isDeepStrictEqual(own(file, field), expected)) throw damaged(where, field, 'is not what this program writes');
  }
  const model = object(own(file, 'model'), where, 'model');
  if (own(model, 'type') !== 'WordLevel') throw damaged(where, 'model.type', 'is not "WordLevel"');
  if (own(model, 'unk_token') !== SPECIAL_TOKENS[0]) throw damaged(where, 'model.unk_token', 'is not "<unk>"');
  const vocabulary = readVocabulary(object(own(model, 'vocab'), where, 'model.vocab'), where);
  const { shapes, labels } = readAdded(own(file, 'added_tokens'), vocabulary, where);
  if (shapes > 0 && !schemeOf(options).signatures) throw damaged(where, 'added_tokens', 'has signatures of words');
  checkTokens(vocabulary.slice(SPECIAL_TOKENS.length, vocabulary.length - shapes - labels.length), options, where);
  return createTokenizer(vocabulary, shapes > 0 ? { ...options, unknownShapes: true } : options, labels);
}

/** The added tokens after the special ones, which are the last of the vocabulary: signatures of unknown words, then labels. */
function readAdded(added: unknown, vocabulary: readonly string[], where: string): { shapes: number; labels: string[] } {
  const count = Array.isArray(added) ? added.length - SPECIAL_TOKENS.length : 0;
  const first = vocabulary.length - count;
  if (count < 0 || first < SPECIAL_TOKENS.length || !isDeepStrictEqual(added, addedTokens(vocabulary, count))) {
    throw damaged(where, 'added_tokens', 'is not what this program writes');
  }
  const tokens = vocabulary.slice(first);
  const firstLabel = tokens.findIndex((token) => !isSignature(token));
  const shapes = firstLabel < 0 ? count : firstLabel;
  const labels = tokens.slice(shapes).map((token) => {
    const label = labelOf(token);
    if (label === undefined) throw damaged(where, 'added_tokens', `has ${JSON.stringify(token)}, which is no label`);
    return label;
  });
  return { shapes, labels };
}

function readVocabulary(vocab: Record<string, unknown>, where: string): string[] {
  const entries = Object.entries(vocab);
  if (entries.length > MAX_VOCABULARY) throw damaged(where, 'model.vocab', `has more than ${MAX_VOCABULARY} entries`);
  const vocabulary = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [token, id] of entries) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= entries.length) {
      throw damaged(where, entry(token), `is not an id from 0 to ${entries.length - 1}`);
    }
    if (vocabulary[id] !== undefined)
      throw damaged(where, entry(token), `has the id ${id} of ${entry(vocabulary[id])}`);
    vocabulary[id] = token;
  }
  for (const [id, special] of SPECIAL_TOKENS.entries()) {
    if (vocabulary[id] !== special) throw damaged(where, entry(special), `does not have the id ${id}`);
  }
  if (entries.length === SPECIAL_TOKENS.length)
    throw damaged(where, 'model.vocab', 'has no tokens but the special ones');
  return vocabulary as string[];
}

/** Every token must be one that the tokenizer can make of a text: itself, as a single token, unless all are known. */
function checkTokens(tokens: readonly string[], options: TokenizerOptions, where: string): void {
  const scheme = schemeOf(options);
  if (scheme.tokens) {
    if (isDeepStrictEqual(tokens, scheme.tokens)) return;
    throw damaged(where, 'model.vocab', `does not have the ${scheme.tokens.length} tokens of all ${scheme.units}`);
  }
  const scanner = createScanner(options, 'keep');
  const ids = roomFor(scanner, MAX_PIECE_BYTES, new Int32Array(0));
  for (const token of tokens) {
    const bytes = Buffer.from(token);
    const count = bytes.length <= MAX_PIECE_BYTES ? scanWhole(scanner, bytes, ids) : 0;
    const whole = count === 1 && ids[0] >= SPECIAL_TOKENS.length && scanner.text(ids[0]) === token;
    if (!whole || (options.lowercase && scheme.lowercase(token) !== token)) {
      throw damaged(where, entry(token), 'is not a token of this kind of tokenizer');
    }
  }
}

function possibleOptions(): TokenizerOptions[] {
  const switches = [false, true];
  const forms = [{}, { unicode: 'nfc' }, { unicode: 'nfkc' }] as const;
  return tokenizerForms().flatMap((form) =>
    switches.flatMap((lowercase) =>
      switches.flatMap((normalizeNewlines) =>
        forms.map((unicode) => ({ ...form, lowercase, normalizeNewlines, ...unicode })),
      ),
    ),
  );
}

function own(record: Record<string, unknown>, field: string): unknown {
  return Object.hasOwn(record, field) ? record[field] : undefined;
}

function object(value: unknown, where: string, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damaged(where, field, 'is not an object');
  }
  return value as Record<string, unknown>;
}

function entry(token: string): string {
  return `model.vocab[${JSON.stringify(token.length > 40 ? `${token.slice(0, 40)}…` : token)}]`;
}

function damaged(where: string, field: string, what: string): InputError {
  return new InputError(`${where} is not a whole tokenizer: ${field} ${what}; restore the file or train again.`);
}
