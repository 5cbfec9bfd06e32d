/** How well a model tells each token of a text by all the others. */

import type { Model } from '../ask/index.ts';
import { BOS, type CorpusPart, EOS, readCorpus } from '../text/index.ts';
import { likeliest } from './likeliest.ts';
import { addUp, createMeter } from './meter.ts';

export interface FillEvaluation {
  task: 'fill';
  /** Nats per token, each given all the others. */
  loss: number;
  /** Share of the tokens that are the likeliest there. */
  accuracy: number;
  /** Nats per token, each given the ones before it alone. */
  pastLoss: number;
  /** Tokens told, and how many of them the vocabulary lacks. */
  tokens: number;
  unknown: number;
}

interface Sums {
  lossSum: number;
  pastLossSum: number;
  right: number;
  tokens: number;
  unknown: number;
}

/** A stream is told in pieces of so many tokens, with so many more on either side to read. */
const PIECE = 512;
const MARGIN = 128;
/** Log-probabilities that are asked for at once. */
const MOST_VALUES = 2 ** 23;

/** A sequence to be read, of which the tokens from `first` to before `end` are to be told. */
interface Excerpt {
  ids: Int32Array;
  first: number;
  end: number;
}

export const fill = createMeter<Sums, FillEvaluation>({
  async read(model, file, { reading, onRemark }) {
    const { format } = model.config.options;
    const corpus = await readCorpus([file], { format, tokenizer: model.tokenizer, ...reading });
    corpus.remarks.forEach(onRemark);
    try {
      const sums: Sums = { lossSum: 0, pastLossSum: 0, right: 0, tokens: 0, unknown: corpus.train.statistics.unknown };
      let open: Excerpt[] = [];
      let values = 0;
      for (const excerpt of excerptsOf(corpus.train)) {
        open.push(excerpt);
        values += excerpt.ids.length * model.tokenizer.vocabulary.length;
        if (values < MOST_VALUES) continue;
        tell(model, open, sums);
        open = [];
        values = 0;
      }
      tell(model, open, sums);
      return sums;
    } finally {
      corpus.close();
    }
  },
  join: addUp,
  figures: ({ lossSum, pastLossSum, right, tokens, unknown }) => ({
    task: 'fill',
    loss: lossSum / tokens,
    accuracy: right / tokens,
    pastLoss: pastLossSum / tokens,
    tokens,
    unknown,
  }),
});

function* excerptsOf(part: CorpusPart): Generator<Excerpt> {
  if (part.format === 'stream') {
    const { tokens } = part;
    for (let start = 0; start < tokens.length; start += PIECE) {
      const from = Math.max(0, start - MARGIN);
      const ids = new Int32Array(Math.min(tokens.length, start + PIECE + MARGIN) - from);
      tokens.read(from, ids.length, ids, 0);
      yield { ids, first: start - from, end: Math.min(tokens.length, start + PIECE) - from };
    }
    return;
  }
  const { tokens, starts, lengths } = part.documents;
  for (let i = 0; i < lengths.length; i++) {
    const ids = new Int32Array(lengths[i] + 1);
    ids[0] = BOS;
    tokens.read(starts[i], lengths[i], ids, 1);
    yield { ids, first: 1, end: ids[lengths[i]] === EOS ? lengths[i] : ids.length };
  }
}

/** Adds to `sums` what the model says of the tokens of some excerpts. */
function tell({ predictor, tokenizer }: Model, excerpts: readonly Excerpt[], sums: Sums): void {
  const V = tokenizer.vocabulary.length;
  const sequences = excerpts.map(({ ids }) => ids);
  const told = predictor.logProbabilities(sequences);
  const byPast = predictor.pastLogProbabilities(sequences);
  excerpts.forEach(({ ids, first, end }, i) => {
    for (let at = first; at < end; at++) {
      sums.lossSum -= told[i][at * V + ids[at]];
      sums.pastLossSum -= byPast[i][at * V + ids[at]];
      if (likeliest(told[i], at * V, V) === ids[at]) sums.right++;
    }
    sums.tokens += end - first;
  });
}
