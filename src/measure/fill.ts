/** How well a model tells each token of a text by all the others. */

import { type CorpusPart, wholeBatches } from '../text/index.ts';
import { addUp, createMeter } from './meter.ts';
import { type LossSums, meanLosses, sumLoss } from './sum-loss.ts';
import { withText } from './texts.ts';

export interface FillEvaluation {
  task: 'fill';
  /** Nats per token, each given the tokens on both sides of it. */
  loss: number;
  /** The same of the tokens that the vocabulary has. */
  knownLoss: number;
  /** Share of the tokens that are the likeliest there. */
  accuracy: number;
  /** Nats per token, each given the ones before it alone. */
  pastLoss: number;
  /** Tokens told, and how many of them the vocabulary lacks. */
  tokens: number;
  unknown: number;
}

interface Sums extends LossSums {
  unknown: number;
}

/** Documents that are read side by side. */
const MOST_ROWS = 64;
/**
 * Most time steps of a batch, and how many of them only show the others what follows. A stream is one row: a token is told by all
 * that is before it, and by so many tokens behind it at least. So is a longer document.
 */
const STEPS = 1024;
const LOOKAHEAD = 128;

export const fill = createMeter<Sums, FillEvaluation>({
  read: (model, source, options) =>
    withText(model, source, options, async (part) => {
      const shape = batchShape(part);
      const { seed } = model.config.options;
      const batches = wholeBatches(part, { ...shape, fill: true, lookahead: LOOKAHEAD, seed });
      return {
        ...(await sumLoss(model, batches, { ...shape, threads: options.threads })),
        unknown: part.statistics.unknown,
      };
    }),
  join: addUp,
  figures(sums) {
    const { pastLossSum, right, tokens, unknown } = sums;
    return {
      task: 'fill',
      ...meanLosses(sums),
      accuracy: right / tokens,
      pastLoss: pastLossSum / tokens,
      ...{ tokens, unknown },
    };
  },
});

function batchShape(part: CorpusPart): { batchSize: number; sequenceLength: number } {
  if (part.format === 'stream') return { batchSize: 1, sequenceLength: STEPS };
  const { lengths } = part.documents;
  // With a `<bos>`.
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0) + 1;
  return {
    batchSize: Math.min(MOST_ROWS, lengths.length),
    sequenceLength: Math.min(STEPS, Math.max(longest, LOOKAHEAD + 1)),
  };
}
