/** Bytes to characters to tokens to batches. */

export { type BatchShape, evaluationBatches, streamBatches } from './batches.ts';
export {
  type Corpus,
  type CorpusFormat,
  type CorpusOptions,
  type CorpusPart,
  type NewTokenizer,
  readCorpus,
  type TextStatistics,
} from './corpus.ts';
export { type DocumentBatches, type DocumentBatchOptions, type Documents, documentBatches } from './documents.ts';
export { readText } from './files.ts';
export { parseTokenizer } from './parse-tokenizer.ts';
export { createTokenizer } from './tokenizer.ts';
export {
  type Batch,
  type BatchSource,
  BOS,
  EOS,
  PAD,
  SPECIAL_TOKENS,
  type Tokenizer,
  type TokenizerOptions,
  type TokenStore,
  UNK,
} from './types.ts';
