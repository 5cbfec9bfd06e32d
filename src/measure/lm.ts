/** How well a language model tells the next token of a text. */

import { type CorpusPart, readCorpus, wholeBatches } from '../text/index.ts';
import { addUp, createMeter } from './meter.ts';
import { sumLoss } from './sum-loss.ts';

export interface TextEvaluation {
  task: 'lm';
  /** Nats per token. */
  loss: number;
  perplexity: number;
  bitsPerToken: number;
  bitsPerCharacter: number;
  /** Tokens predicted, and how many of the text's tokens the vocabulary lacks. */
  tokens: number;
  unknown: number;
}

interface Sums {
  /** Nats. */
  lossSum: number;
  tokens: number;
  unknown: number;
  characters: number;
}

/** Rows that a text is read in side by side, each from the zero state, and the least tokens of a row for that not to matter. */
const MOST_ROWS = 64;
const ROW_TOKENS = 4096;

export const lm = createMeter<Sums, TextEvaluation>({
  async read(model, file, { reading, onRemark, threads }) {
    const { options } = model.config;
    const corpus = await readCorpus([file], { format: options.format, tokenizer: model.tokenizer, ...reading });
    corpus.remarks.forEach(onRemark);
    try {
      const { statistics } = corpus.train;
      const batchSize = rowsFor(corpus.train);
      const shape = { batchSize, sequenceLength: options.seqLength };
      const source = wholeBatches(corpus.train, { ...shape, fill: false, seed: options.seed });
      const { lossSum, tokens } = await sumLoss(model, source, { ...shape, threads });
      // The first token of a stream is not predicted.
      const characters = (statistics.characters * tokens) / statistics.tokens;
      return { lossSum, tokens, unknown: statistics.unknown, characters };
    } finally {
      corpus.close();
    }
  },
  join: addUp,
  figures({ lossSum, tokens, unknown, characters }) {
    const loss = lossSum / tokens;
    const bits = lossSum / Math.LN2;
    return {
      task: 'lm',
      loss,
      perplexity: Math.exp(loss),
      bitsPerToken: bits / tokens,
      bitsPerCharacter: bits / characters,
      tokens,
      unknown,
    };
  },
});

function rowsFor(part: CorpusPart): number {
  const rows = part.format === 'lines' ? part.documents.lengths.length : Math.floor(part.tokens.length / ROW_TOKENS);
  return Math.max(1, Math.min(MOST_ROWS, rows));
}
