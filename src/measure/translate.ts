/** How well a translator tells the targets, and how far its own translations are from them. */

import { decodeSources } from '../ask/index.ts';
import { editDistance, exampleBatches } from '../text/index.ts';
import { type Counted, GROUP, sequencesOf, withExamples } from './examples.ts';
import { addUp, createMeter } from './meter.ts';
import { type LossSums, meanLosses, sumLoss } from './sum-loss.ts';

export interface TranslateEvaluation extends Counted {
  task: 'translate';
  /** Nats per token of the targets with their `<eos>`, each given the ones before it. */
  loss: number;
  /** The same of the tokens that the targets' vocabulary has. */
  knownLoss: number;
  /** Share of the lines whose target is met exactly. A source on several lines counts on each by that line's target. */
  exactMatch: number;
  /** Edit distance, summed over the lines, over the length of the targets. */
  tokenErrorRate: number;
}

interface Sums extends Counted, Omit<LossSums, 'tokens'> {
  /** Tokens of the targets, with and without their `<eos>`. */
  lossTokens: number;
  targetTokens: number;
  exact: number;
  edits: number;
}

/** Rows of a batch whose loss is taken. */
const MOST_ROWS = 64;

export const translate = createMeter<Sums, TranslateEvaluation>({
  read: (model, source, options) =>
    withExamples('translate', model, source, options, async ({ examples }) => {
      const { threads, beam } = options;
      const { inputs, outputs } = examples;
      const batchSize = Math.min(MOST_ROWS, inputs.lengths.length);
      const batches = exampleBatches('translate', examples, { batchSize, seed: 0 });
      const shape = { batchSize, sequenceLength: batches.longest, sourceLength: batches.longestSource, threads };
      const { tokens: lossTokens, ...losses } = await sumLoss(model, batches, shape);
      const sums = { ...losses, lossTokens, targetTokens: 0, exact: 0, edits: 0 };
      for (let first = 0; first < inputs.lengths.length; first += GROUP) {
        const targets = sequencesOf(outputs, first, first + GROUP);
        const sources = sequencesOf(inputs, first, first + GROUP);
        decodeSources(model, sources, { beam }).forEach(([{ tokens, finished }], i) => {
          const wanted = targets[i].subarray(0, -1);
          const edits = editDistance(wanted, finished ? tokens.slice(0, -1) : tokens);
          sums.edits += edits;
          sums.targetTokens += wanted.length;
          if (edits === 0 && finished) sums.exact++;
        });
      }
      return sums;
    }),
  join: addUp,
  figures(sums) {
    const { lossTokens, targetTokens, exact, edits, examples, tokens, unknown } = sums;
    return {
      task: 'translate',
      ...meanLosses({ ...sums, tokens: lossTokens }),
      exactMatch: exact / examples,
      tokenErrorRate: edits / targetTokens,
      ...{ examples, tokens, unknown },
    };
  },
});
