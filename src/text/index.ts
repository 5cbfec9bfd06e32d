/** Bytes to characters to tokens to batches. */

export {
  type BatchShape,
  evaluationBatches,
  type FillShape,
  fillBatches,
  fillEvaluationBatches,
  streamBatches,
} from './batches.ts';
export { type Corpus, type CorpusFormat, type CorpusOptions, type CorpusPart, readCorpus } from './corpus.ts';
export { type CorpusBatchShape, trainingBatches, wholeBatches } from './corpus-batches.ts';
export type { TextStatistics } from './count.ts';
export {
  type DocumentBatches,
  type DocumentBatchOptions,
  type Documents,
  documentBatches,
  type FillDocumentOptions,
  fillDocumentBatches,
} from './documents.ts';
export { type ExampleBatches, exampleBatches } from './example-batches.ts';
export {
  type ExampleCorpus,
  type ExampleOptions,
  type ExamplePart,
  type Examples,
  type ExampleTask,
  readExamples,
} from './examples.ts';
export { readText } from './files.ts';
export type { NewTokenizer } from './fit.ts';
export { parseTokenizer } from './parse-tokenizer.ts';
export { isSignature } from './shapes.ts';
export { dropTokens } from './token-dropout.ts';
export { createTokenizer } from './tokenizer.ts';
export {
  type Batch,
  type BatchSource,
  BOS,
  EOS,
  PAD,
  type SourceBatch,
  SPECIAL_TOKENS,
  type Tokenizer,
  type TokenizerOptions,
  type TokenStore,
  UNK,
} from './types.ts';
export { labelToken } from './vocabulary.ts';
export { isWord } from './words.ts';
