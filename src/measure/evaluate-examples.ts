/** How often labels, tags and translations are right. */

import type { Model } from '../ask/index.ts';
import { decodeSources } from '../ask/index.ts';
import { type Documents, type ExamplePart, type ExampleTask, exampleBatches, readExamples } from '../text/index.ts';
import { type ClassificationMeasures, classificationMeasures } from './classes.ts';
import { editDistance } from './edit-distance.ts';
import { entityF1, isBio } from './entities.ts';
import type { Meter } from './evaluate.ts';
import { sumLoss } from './sum-loss.ts';

interface Counted {
  /** Examples, and tokens of what is read and written; how many of these the vocabularies lack. */
  examples: number;
  tokens: number;
  unknown: number;
}

export interface ClassifyEvaluation extends ClassificationMeasures, Counted {
  task: 'classify';
  /** Nats per text. */
  loss: number;
}

export interface TagEvaluation extends ClassificationMeasures, Counted {
  task: 'tag';
  /** Nats per token; `accuracy` and all else of a classification is by token too. */
  loss: number;
  /** Share of the sentences without a wrong tag. */
  sentenceAccuracy: number;
  /** F1 of whole entities; of BIO tags alone. */
  entityF1?: number;
}

export interface TranslateEvaluation extends Counted {
  task: 'translate';
  /** Nats per token of the targets with their `<eos>`, each given the ones before it. */
  loss: number;
  /** Share of the lines whose target is met exactly. A source on several lines counts on each by that line's target. */
  exactMatch: number;
  /** Edit distance, summed over the lines, over the length of the targets. */
  tokenErrorRate: number;
}

/** Sequences that are predicted in one call. */
const GROUP = 1024;
/** Rows of a batch whose loss is taken. */
const MOST_ROWS = 64;

async function withExamples<T>(
  { config, tokenizer, targetTokenizer, labels }: Model,
  file: string,
  lossy: boolean,
  use: (part: ExamplePart) => T | Promise<T>,
): Promise<T & Counted> {
  const { task, maxLength } = config.options;
  const known = { tokenizer, targetTokenizer, ...(task === 'translate' ? {} : { labels }) };
  const corpus = await readExamples([file], { ...known, task: task as ExampleTask, maxLength: maxLength!, lossy });
  try {
    const { examples, statistics, targetStatistics } = corpus.train;
    return {
      ...(await use(corpus.train)),
      examples: examples.inputs.lengths.length,
      tokens: statistics.tokens + (targetStatistics?.tokens ?? 0),
      unknown: statistics.unknown + (targetStatistics?.unknown ?? 0),
    };
  } finally {
    corpus.close();
  }
}

function joinCounts(parts: readonly Counted[]): Counted {
  const sum = (name: keyof Counted): number => parts.reduce((total, part) => total + part[name], 0);
  return { examples: sum('examples'), tokens: sum('tokens'), unknown: sum('unknown') };
}

/** Token ids of some documents. */
function sequencesOf({ tokens, starts, lengths }: Documents, first: number, end: number): Int32Array[] {
  return Array.from(lengths.subarray(first, end), (length, i) => {
    const ids = new Int32Array(length);
    tokens.read(starts[first + i], length, ids, 0);
    return ids;
  });
}

/** What a model of labels or tags says: right and given ids, example by example, with the summed loss. */
interface Answers {
  right: Int32Array[];
  given: Int32Array[];
  lossSum: number;
}

async function answers(model: Model, file: string, lossy: boolean): Promise<Answers & Counted> {
  const classes = model.labels.length;
  return withExamples(model, file, lossy, ({ examples: { inputs, outputs } }) => {
    const found: Answers = { right: [], given: [], lossSum: 0 };
    for (let first = 0; first < inputs.lengths.length; first += GROUP) {
      const right = sequencesOf(outputs, first, first + GROUP);
      const predicted = model.predictor.logProbabilities(sequencesOf(inputs, first, first + GROUP));
      right.forEach((ids, i) => {
        found.right.push(ids);
        found.given.push(ids.map((_, at) => likeliest(predicted[i], at * classes, classes)));
        ids.forEach((id, at) => {
          found.lossSum -= predicted[i][at * classes + id];
        });
      });
    }
    return found;
  });
}

/** The id of the largest of `count` values from `from` on, the first of equal ones. */
export function likeliest(values: Float32Array, from: number, count: number): number {
  let best = 0;
  for (let id = 1; id < count; id++) if (values[from + id] > values[from + best]) best = id;
  return best;
}

function joinAnswers(parts: readonly (Answers & Counted)[]): Answers & Counted {
  return {
    right: parts.flatMap(({ right }) => right),
    given: parts.flatMap(({ given }) => given),
    lossSum: parts.reduce((sum, { lossSum }) => sum + lossSum, 0),
    ...joinCounts(parts),
  };
}

/** One after the other. */
function flat(sequences: readonly Int32Array[]): number[] {
  return sequences.flatMap((ids) => [...ids]);
}

export const classifyMeter: Meter<Answers & Counted, ClassifyEvaluation> = {
  read: (model, file, { lossy }) => answers(model, file, lossy),
  join: joinAnswers,
  measures: ({ right, given, lossSum, examples, tokens, unknown }, { labels }) => ({
    task: 'classify',
    loss: lossSum / examples,
    ...classificationMeasures(labels, flat(right), flat(given)),
    ...{ examples, tokens, unknown },
  }),
};

export const tagMeter: Meter<Answers & Counted, TagEvaluation> = {
  read: (model, file, { lossy }) => answers(model, file, lossy),
  join: joinAnswers,
  measures({ right, given, lossSum, examples, tokens, unknown }, { labels }) {
    const tags = (sequences: readonly Int32Array[]): string[][] =>
      sequences.map((ids) => Array.from(ids, (id) => labels[id]));
    const whole = right.filter((ids, i) => ids.every((id, at) => id === given[i][at])).length;
    return {
      task: 'tag',
      loss: lossSum / tokens,
      ...classificationMeasures(labels, flat(right), flat(given)),
      sentenceAccuracy: whole / examples,
      ...(isBio(labels) ? { entityF1: entityF1(tags(right), tags(given)) } : {}),
      ...{ examples, tokens, unknown },
    };
  },
};

interface Rewritten extends Counted {
  lossSum: number;
  /** Tokens of the targets, with and without their `<eos>`. */
  lossTokens: number;
  targetTokens: number;
  exact: number;
  edits: number;
}

export const translateMeter: Meter<Rewritten, TranslateEvaluation> = {
  read: (model, file, { lossy, threads, beam }) =>
    withExamples(model, file, lossy, async ({ examples }) => {
      const { inputs, outputs } = examples;
      const batchSize = Math.min(MOST_ROWS, inputs.lengths.length);
      const source = exampleBatches('translate', examples, { batchSize, seed: 0 });
      const shape = { batchSize, sequenceLength: source.longest, sourceLength: source.longestSource, threads };
      const { lossSum, tokens: lossTokens } = await sumLoss(model, source, shape);
      const sums = { lossSum, lossTokens, targetTokens: 0, exact: 0, edits: 0 };
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
  join(parts) {
    const sum = (name: keyof Rewritten): number => parts.reduce((total, part) => total + part[name], 0);
    return {
      ...joinCounts(parts),
      lossSum: sum('lossSum'),
      lossTokens: sum('lossTokens'),
      targetTokens: sum('targetTokens'),
      exact: sum('exact'),
      edits: sum('edits'),
    };
  },
  measures: ({ lossSum, lossTokens, targetTokens, exact, edits, examples, tokens, unknown }) => ({
    task: 'translate',
    loss: lossSum / lossTokens,
    exactMatch: exact / examples,
    tokenErrorRate: edits / targetTokens,
    ...{ examples, tokens, unknown },
  }),
};
