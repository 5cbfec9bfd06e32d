/** A text, as a stream or as documents, cut into batches for a language model, or for one that fills in. */

import { option } from '../../errors.ts';
import { readerOptions, recordFiles, sameTextRemarks } from '../../run/index.ts';
import {
  type BatchShape,
  type CorpusPart,
  type Remark,
  readCorpus,
  shrinkToFit,
  type TokenStore,
  trainingBatches,
  wholeBatches,
} from '../../text/index.ts';
import type { DataReader } from './training-data.ts';
import { newTokenizer, unknownOf } from './vocabulary.ts';

/** Reads a text for a language model, or with `fill` for a model of both sides of a token. */
export function textReader({ fill }: { fill: boolean }): DataReader {
  return async (paths, options, known) => {
    const { onText, recorded } = recordFiles();
    const corpus = await readCorpus(paths, {
      ...readerOptions(options),
      format: options.format,
      tokenizer: known?.tokenizer ?? newTokenizer(options, options.tokenizer),
      onText,
    });
    try {
      const files = corpus.files.map(recorded);
      const { train, valid, tokenizer } = corpus;
      const asked = { batchSize: options.batchSize, sequenceLength: options.seqLength };
      const fitted = train.format === 'stream' ? shrinkToFit(train.tokens.length, asked) : asked;
      const shape = { fill, ...fitted, seed: options.seed };
      const batches = trainingBatches(train, shape);
      return {
        tokenizer,
        targetTokenizer: undefined,
        labels: [],
        batches,
        ...(valid ? { validation: wholeBatches(valid, shape) } : {}),
        accuracy: false,
        ...fitted,
        tokens: train.statistics.tokens,
        padding: batches.padding ?? 0,
        files,
        unknown: { train: unknownOf([train.statistics]), valid: unknownOf(valid ? [valid.statistics] : []) },
        countTokens: () => countTokens(train, tokenizer.vocabulary.length),
        shares: options.valid === null && valid && corpus.shares.length > 1 ? corpus.shares : [],
        remarks: [...corpus.remarks, ...sameTextRemarks(files), ...sizeRemarks(train.statistics.tokens, asked, fitted)],
        close: corpus.close,
      };
    } catch (error) {
      corpus.close();
      throw error;
    }
  };
}

function sizeRemarks(tokens: number, asked: BatchShape, fitted: BatchShape): Remark[] {
  if (asked.batchSize === fitted.batchSize && asked.sequenceLength === fitted.sequenceLength) return [];
  const text = `${tokens} tokens are few: batches are of ${fitted.batchSize} x ${fitted.sequenceLength} (${option('batchSize')}, ${option('seqLength')}) in place of ${asked.batchSize} x ${asked.sequenceLength}.`;
  return [{ about: 'sizes', text, warning: false, count: tokens }];
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
