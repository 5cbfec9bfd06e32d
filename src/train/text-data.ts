/** A text, as a stream or as documents, cut into batches for a language model, or for one that fills in. */

import {
  type BatchSource,
  type CorpusPart,
  documentBatches,
  evaluationBatches,
  fillBatches,
  fillDocumentBatches,
  fillEvaluationBatches,
  readCorpus,
  streamBatches,
  type TokenStore,
} from '../text/index.ts';
import { newTokenizer, readerOptions, recordFiles, unknownShare } from './corpus.ts';
import type { TrainingData } from './data.ts';
import { fillLookahead } from './defaults.ts';
import type { CompleteOptions } from './options.ts';
import type { Vocabularies } from './vocabularies.ts';

export async function readTextData(
  paths: readonly string[],
  options: CompleteOptions,
  known?: Vocabularies,
): Promise<TrainingData> {
  const { onText, recorded } = recordFiles();
  const corpus = await readCorpus(paths, {
    ...readerOptions(options),
    format: options.format,
    tokenizer: known?.tokenizer ?? newTokenizer(options, options.tokenizer),
    onText,
  });
  try {
    const { train, valid, tokenizer } = corpus;
    const batches = trainingBatches(train, options);
    return {
      tokenizer,
      targetTokenizer: undefined,
      labels: [],
      batches,
      ...(valid ? { validation: wholeBatches(valid, options) } : {}),
      sequenceLength: options.seqLength,
      tokens: train.statistics.tokens,
      padding: batches.padding ?? 0,
      files: corpus.files.map(recorded),
      unknownShare: { train: unknownShare([train.statistics]), valid: valid ? unknownShare([valid.statistics]) : 0 },
      countTokens: () => countTokens(train, tokenizer.vocabulary.length),
      skipped: corpus.skipped,
      close: corpus.close,
    };
  } catch (error) {
    corpus.close();
    throw error;
  }
}

function countTokens(part: CorpusPart, vocabulary: number): Float64Array {
  const counts = new Float64Array(vocabulary);
  const ids = new Int32Array(65_536);
  const add = (store: TokenStore, first: number, end: number) => {
    for (let start = first; start < end; start += ids.length) {
      const count = Math.min(ids.length, end - start);
      store.read(start, count, ids, 0);
      for (let i = 0; i < count; i++) counts[ids[i]]++;
    }
  };
  if (part.format === 'stream') {
    add(part.tokens, 0, part.tokens.length);
  } else {
    const { tokens, starts, lengths } = part.documents;
    starts.forEach((start, i) => {
      add(tokens, start, start + lengths[i]);
    });
  }
  return counts;
}

type Shape = Pick<CompleteOptions, 'task' | 'batchSize' | 'seqLength' | 'seed'>;

function trainingBatches(part: CorpusPart, options: Shape): BatchSource & { padding?: number } {
  const { task, batchSize, seqLength: sequenceLength, seed } = options;
  const lookahead = fillLookahead(sequenceLength);
  if (part.format === 'stream') {
    if (task === 'fill') return fillBatches(part.tokens, { batchSize, sequenceLength, lookahead });
    return streamBatches(part.tokens, { batchSize, sequenceLength });
  }
  const documents = { batchSize, sequenceLength, seed, shuffle: true };
  if (task === 'fill') return fillDocumentBatches(part.documents, { ...documents, lookahead });
  return documentBatches(part.documents, documents);
}

/** Batches that hold each token of a part once, in order. */
export function wholeBatches(part: CorpusPart, options: Shape): BatchSource {
  const { task, batchSize, seqLength: sequenceLength, seed } = options;
  const lookahead = fillLookahead(sequenceLength);
  if (part.format === 'stream') {
    if (task === 'fill') return fillEvaluationBatches(part.tokens, { batchSize, sequenceLength, lookahead });
    return evaluationBatches(part.tokens, { batchSize, sequenceLength });
  }
  const documents = { batchSize, sequenceLength, seed };
  if (task === 'fill') return fillDocumentBatches(part.documents, { ...documents, lookahead });
  return documentBatches(part.documents, documents);
}
