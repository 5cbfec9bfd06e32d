/** Tokenizers: how a text is cut, which tokens there are, and the `tokenizer.json` that says so. */

export { fitTokenizer, type NewTokenizer, tokenizerForm } from './fit.ts';
export { parseTokenizer } from './parse-tokenizer.ts';
export { roomFor, type Scanner, scanWhole } from './scanner.ts';
export type { TokenScheme } from './scheme.ts';
export { createScanner, schemeOf, type TokenizerName, tokenizerNames, tokenSchemes } from './schemes.ts';
export { isSignature, signaturesOf } from './shapes.ts';
export { BOS, EOS, PAD, SPECIAL_TOKENS, UNK } from './special.ts';
export { createTokenizer } from './tokenizer.ts';
export type { Tokenizer, TokenizerOptions, UnicodeForm } from './types.ts';
export { createNormalizer } from './unicode.ts';
export { labelToken } from './vocabulary.ts';
export { createWordTable } from './word-table.ts';
