/** Bytes to characters to tokens to batches. */

export * from './batches/index.ts';
export { editDistance } from './edit-distance.ts';
export * from './read/index.ts';
export {
  type EntityTag,
  findTagScheme,
  impossibleTransitions,
  OUTSIDE,
  readTag,
  startsEntity,
  type TagSchemeFound,
  type TagSchemeName,
  tagScheme,
  tagSchemeNames,
} from './tag-scheme.ts';
export {
  BOS,
  createTokenizer,
  EOS,
  isSignature,
  labelToken,
  type NewTokenizer,
  PAD,
  parseTokenizer,
  SPECIAL_TOKENS,
  type Tokenizer,
  type TokenizerName,
  type TokenizerOptions,
  type TokenScheme,
  tokenizerNames,
  tokenSchemes,
  UNK,
  type UnicodeForm,
} from './tokens/index.ts';
export type {
  Batch,
  BatchSource,
  Documents,
  Examples,
  LinesPart,
  SourceBatch,
  StreamPart,
  TokenStore,
} from './types.ts';
