/** Batches of texts, documents and examples. */

export { type CorpusBatchShape, trainingBatches, wholeBatches } from './corpus.ts';
export {
  type DocumentBatches,
  type DocumentBatchOptions,
  documentBatches,
  type FillDocumentOptions,
  fillDocumentBatches,
} from './documents.ts';
export { batchExamples, type ExampleBatches, type LayOutExamples, layOutLabels, layOutPairs } from './examples.ts';
export type { PlanOptions } from './plan.ts';
export {
  type BatchShape,
  evaluationBatches,
  type FillShape,
  fillBatches,
  fillEvaluationBatches,
  shrinkToFit,
  streamBatches,
} from './stream.ts';
export { dropTokens } from './token-dropout.ts';
