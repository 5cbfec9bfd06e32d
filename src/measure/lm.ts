/** How well a language model tells the next token of a text. */

import { type CorpusPart, type TextStatistics, wholeBatches } from '../text/index.ts';
import { addUp, createMeter } from './meter.ts';
import { type LossSums, meanLosses, sumLoss } from './sum-loss.ts';
import { withText } from './texts.ts';

export interface TextEvaluation {
  task: 'lm';
  /** Nats per token. */
  loss: number;
  /** The same of the tokens that the vocabulary has: what it lacks is told as `<unk>`, which is easier than the word. */
  knownLoss: number;
  /** e to the loss. */
  perplexity: number;
  bitsPerToken: number;
  /** With the spelling of what the vocabulary lacks: 8 bits for each byte of its UTF-8, and 8 for its end. */
  bitsPerCharacter: number;
  /** Tokens predicted, and how many of the text's tokens the vocabulary lacks. */
  tokens: number;
  unknown: number;
}

interface Sums extends LossSums {
  unknown: number;
  spellingBits: number;
  characters: number;
}

/** Documents that are read side by side. */
const MOST_ROWS = 64;
/** Time steps of a batch of a stream, which is read from its first token to its last as the one row that it is. */
const STREAM_STEPS = 512;

export const lm = createMeter<Sums, TextEvaluation>({
  read: (model, source, options) =>
    withText(model, source, options, async (part) => {
      const { seed, seqLength } = model.config.options;
      const shape = batchShape(part, seqLength);
      const batches = wholeBatches(part, { ...shape, fill: false, seed });
      const sums = await sumLoss(model, batches, { ...shape, threads: options.threads });
      return { ...sums, ...predicted(part.statistics, sums.tokens) };
    }),
  join: addUp,
  figures(sums) {
    const { lossSum, tokens, unknown, spellingBits, characters } = sums;
    const { loss, knownLoss } = meanLosses(sums);
    const bits = lossSum / Math.LN2;
    return {
      task: 'lm',
      ...{ loss, knownLoss },
      perplexity: Math.exp(loss),
      bitsPerToken: bits / tokens,
      bitsPerCharacter: (bits + spellingBits) / characters,
      ...{ tokens, unknown },
    };
  },
});

function batchShape(part: CorpusPart, seqLength: number): { batchSize: number; sequenceLength: number } {
  if (part.format === 'stream') return { batchSize: 1, sequenceLength: STREAM_STEPS };
  return { batchSize: Math.min(MOST_ROWS, part.documents.lengths.length), sequenceLength: seqLength };
}

/** Of the tokens that are predicted: the first one of a stream is not. */
function predicted(
  { characters, spellingBits, unknown, tokens: all }: TextStatistics,
  tokens: number,
): Omit<Sums, keyof LossSums> {
  return { unknown, characters: (characters * tokens) / all, spellingBits: (spellingBits * tokens) / all };
}
