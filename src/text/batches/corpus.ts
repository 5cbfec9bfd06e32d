/** Batches of a part of a corpus, whatever its form: for training, and to go through it once. */

import type { BatchSource, LinesPart, StreamPart } from '../types.ts';
import { documentBatches, fillDocumentBatches } from './documents.ts';
import { evaluationBatches, fillBatches, fillEvaluationBatches, streamBatches } from './stream.ts';

export interface CorpusBatchShape {
  /** For a network that tells a token by those on both sides; else the next token is told. */
  fill: boolean;
  batchSize: number;
  /** Time steps of a chunk. */
  sequenceLength: number;
  /** `fill`: of these, those that only give the future's state to the ones before; an eighth, up to 16, by default. */
  lookahead?: number;
  /** Of the order of documents. */
  seed: number;
}

/** Batches to train on; documents come in a seeded order of each epoch, with the share of `padding` between them. */
export function trainingBatches(
  part: StreamPart | LinesPart,
  shape: CorpusBatchShape,
): BatchSource & { padding?: number } {
  const { fill, batchSize, sequenceLength, seed, lookahead = fillLookahead(sequenceLength) } = shape;
  if (part.format === 'stream') {
    if (fill) return fillBatches(part.tokens, { batchSize, sequenceLength, lookahead });
    return streamBatches(part.tokens, { batchSize, sequenceLength });
  }
  const documents = { batchSize, sequenceLength, seed, shuffle: true };
  if (fill) return fillDocumentBatches(part.documents, { ...documents, lookahead });
  return documentBatches(part.documents, documents);
}

/** Batches that hold each token of a part once, in order. */
export function wholeBatches(
  part: StreamPart | LinesPart,
  { fill, batchSize, sequenceLength, seed, lookahead = fillLookahead(sequenceLength) }: CorpusBatchShape,
): BatchSource {
  if (part.format === 'stream') {
    if (fill) return fillEvaluationBatches(part.tokens, { batchSize, sequenceLength, lookahead });
    return evaluationBatches(part.tokens, { batchSize, sequenceLength });
  }
  const documents = { batchSize, sequenceLength, seed };
  if (fill) return fillDocumentBatches(part.documents, { ...documents, lookahead });
  return documentBatches(part.documents, documents);
}

/**
 * Time steps of a chunk of `fill` that only give the future's state to those before them: an eighth, as they are
 * computed twice.
 */
function fillLookahead(sequenceLength: number): number {
  return Math.max(1, Math.min(16, Math.floor(sequenceLength / 8)));
}
