/** Models of each task, trained for a moment, and what they are asked. One list for the tests and for scripts/golden.ts. */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  classify,
  type EvaluateOptions,
  evaluate,
  type FillOptions,
  fill,
  load,
  type Model,
  type SampleOptions,
  type SearchOptions,
  sample,
  search,
  type TrainOptions,
  type TranslateOptions,
  tag,
  train,
  translate,
} from '../../src/index.ts';
import type { DataName } from './data.ts';
import { valueHash } from './hash.ts';

/** By what they are called: each gives something that JSON holds whole. */
export type Questions = Record<string, (model: Model) => unknown>;

interface AskedModel {
  data: DataName;
  options: Partial<TrainOptions>;
  questions: Questions;
  /** Texts to evaluate on, besides its own. */
  others?: readonly DataName[];
  evaluations?: Record<string, EvaluateOptions>;
}

/** The texts of samples, each with the sum of its log-probabilities and a hash of these and of its tokens. */
function drawn(model: Model, options: SampleOptions) {
  const found: { text: string; tokens: number[]; logProbabilities: number[]; end: string }[] = [];
  for (const { sample: i, text, token, logProbability, end } of sample(model, options)) {
    found[i] ??= { text: '', tokens: [], logProbabilities: [], end: '' };
    found[i].text += text;
    found[i].tokens.push(token);
    found[i].logProbabilities.push(logProbability);
    if (end !== undefined) found[i].end = end;
  }
  return found.map(({ text, end, ...inside }) => ({
    text,
    end,
    logProbability: inside.logProbabilities.reduce((sum, one) => sum + one, 0),
    hash: valueHash(inside),
  }));
}

function sampling(all: Record<string, SampleOptions>, length = 60): Questions {
  const asked = Object.entries(all).map(([name, options]): [string, (model: Model) => unknown] => [
    name,
    (model) => drawn(model, { length, seed: 1, ...options }),
  ]);
  return Object.fromEntries(asked);
}

/** To 12 digits: a length penalty is a power, whose last digit is not the same on every version of Node. */
function rounded(score: number): number {
  return Number(score.toPrecision(12));
}

function searching(all: Record<string, SearchOptions>): Questions {
  const asked = Object.entries(all).map(([name, options]): [string, (model: Model) => unknown] => [
    name,
    (model) =>
      search(model, { length: 30, ...options }).map(({ tokens, logProbabilities, score, ...found }) => ({
        ...found,
        score: rounded(score),
        hash: valueHash({ tokens, logProbabilities }),
      })),
  ]);
  return Object.fromEntries(asked);
}

function translating(all: Record<string, TranslateOptions>, texts = ['4231', '17', '0', '900']): Questions {
  const asked = Object.entries(all).map(([name, options]): [string, (model: Model) => unknown] => [
    name,
    (model) =>
      translate(model, texts, options).map((found) =>
        found.map(({ score, ...one }) => (score === undefined ? one : { ...one, score: rounded(score) })),
      ),
  ]);
  return Object.fromEntries(asked);
}

function filling(texts: readonly string[], all: Record<string, FillOptions>): Questions {
  const asked = Object.entries(all).map(([name, options]): [string, (model: Model) => unknown] => [
    name,
    (model) => fill(model, texts, options),
  ]);
  return Object.fromEntries(asked);
}

const SAMPLES: Record<string, SampleOptions> = {
  greedy: { temperature: 0 },
  'by default': {},
  'another seed': { seed: 2 ** 40 + 7 },
  'temperature 1.5': { temperature: 1.5, samples: 3 },
  'top k': { topK: 5, temperature: 1 },
  'top p': { topP: 0.6, temperature: 1 },
  'min p': { minP: 0.2, temperature: 1 },
  'repetition penalty': { repetitionPenalty: 1.3, temperature: 0.5 },
  'all filters': { topK: 20, topP: 0.9, minP: 0.02, repetitionPenalty: 1.1, samples: 2 },
};
const SEARCHES: Record<string, SearchOptions> = {
  'beam 1': { width: 1 },
  'beam 4': { width: 4 },
  'beam 3, length penalty': { width: 3, lengthPenalty: 0.7 },
};
const FILLINGS: Record<string, FillOptions> = {
  'by default': {},
  'three tokens': { length: 3, top: 3 },
  'one token': { length: 1, top: 4 },
  'narrow beam': { beam: 2 },
  Gibbs: { temperature: 1, samples: 3, seed: 4 },
  'Gibbs, sharper, two tokens': { temperature: 0.5, length: 2, seed: 5 },
};

const BASE = {
  warmup: 5,
  threads: 1,
  kernel: 'strict',
  layers: 1,
  hidden: 24,
  learningRate: 0.03,
  dropout: 0,
} as const;
const TEXT = { ...BASE, steps: 50, batchSize: 8, seqLength: 16 } as const;
const EXAMPLES = { ...BASE, steps: 60, batchSize: 16 } as const;
const NUMBERS = { ...EXAMPLES, task: 'translate', targetTokenizer: 'word' } as const;

export const askedModels: Record<string, AskedModel> = {
  characters: {
    data: 'tales.txt',
    options: { ...TEXT, layers: 2 },
    questions: {
      ...sampling({
        ...SAMPLES,
        'a prompt': { prompt: 'Once upon' },
        'unknown characters': { prompt: '☃ the', allowSpecial: true },
        'a stop': { stop: ['e ', ' t'], temperature: 1, samples: 4 },
      }),
      ...searching({ ...SEARCHES, 'a prompt': { width: 2, prompt: 'The ' } }),
    },
    others: ['more.txt'],
  },
  'one-hot rnn': {
    data: 'tales.txt',
    options: { ...TEXT, cell: 'rnn', learningRate: 0.01 },
    questions: { ...sampling({ 'by default': {} }), ...searching({ 'beam 4': { width: 4 } }) },
    others: ['more.txt'],
  },
  minGRU: {
    data: 'tales.txt',
    options: { ...TEXT, cell: 'mingru', layers: 2 },
    questions: {
      ...sampling({ 'by default': {}, 'a prompt': { prompt: 'Once upon', samples: 3 } }),
      ...searching({ 'beam 4': { width: 4 } }),
    },
    others: ['more.txt'],
  },
  'translate by a minGRU': {
    data: 'numbers.tsv',
    options: { ...NUMBERS, cell: 'mingru', attention: 'dot', merge: 'sum' },
    questions: translating({ greedy: {}, 'beam 3': { beam: 3 } }),
  },
  lines: {
    data: 'names.txt',
    options: { ...TEXT, cell: 'gru', gruReset: 'before', embedding: 12, format: 'lines' },
    questions: { ...sampling({ ...SAMPLES, 'a prompt': { prompt: 'Ka', samples: 5 } }, 20), ...searching(SEARCHES) },
  },
  labelled: {
    data: 'names.tsv',
    options: { ...TEXT, cell: 'gru', gruReset: 'none', format: 'labelled' },
    questions: {
      ...sampling(
        { ...SAMPLES, 'a label': { label: 'Fjord', samples: 4 }, 'a start': { label: 'Island', prompt: 'Ka' } },
        20,
      ),
      ...searching({ 'beam 4': { width: 4 }, 'a label': { width: 2, label: 'Island' } }),
    },
    others: ['other.tsv'],
  },
  'tied words': {
    data: 'long.txt',
    options: { ...TEXT, tokenizer: 'word', tie: true },
    questions: { ...sampling({ ...SAMPLES, 'a prompt': { prompt: 'The fox said,' } }, 30), ...searching(SEARCHES) },
    others: ['more.txt'],
  },
  'adaptive softmax': {
    data: 'words.txt',
    options: { ...TEXT, cell: 'gru', tokenizer: 'word', pretokenized: true, softmax: 'adaptive' },
    questions: { ...sampling(SAMPLES, 30), ...searching(SEARCHES) },
  },
  classify: {
    data: 'names.tsv',
    options: { ...EXAMPLES, task: 'classify' },
    questions: { labels: (model) => classify(model, ['Kaleo', 'Branvik', 'X', 'a longer name of nobody']) },
    others: ['other.tsv'],
  },
  'classify by the final states': {
    data: 'names.tsv',
    options: { ...EXAMPLES, task: 'classify', cell: 'lstm', pool: 'last', merge: 'sum', layers: 2 },
    questions: { labels: (model) => classify(model, ['Kaleo', 'Branvik']) },
    others: ['other.tsv'],
  },
  tag: {
    data: 'tags.tsv',
    options: { ...EXAMPLES, task: 'tag' },
    questions: { tags: (model) => tag(model, ['the small doctors run .', 'every (statue), unheard of', 'runs']) },
  },
  'tag, crf': {
    data: 'entities.tsv',
    options: { ...EXAMPLES, task: 'tag', output: 'crf' },
    questions: { tags: (model) => tag(model, ['Otto Gull leaves North Bank .', 'Works of Otto', 'Bank']) },
  },
  translate: {
    data: 'numbers.tsv',
    options: { ...NUMBERS, attention: 'general' },
    questions: translating({
      greedy: {},
      attention: { attention: true },
      short: { length: 2 },
      'beam 4': { beam: 4 },
      'beam 3, length penalty': { beam: 3, lengthPenalty: 1 },
      drawn: { temperature: 1.2, samples: 3, seed: 9 },
    }),
    evaluations: { 'beam 3': { beam: 3 } },
  },
  'translate by letters': {
    data: 'numbers.tsv',
    options: { ...NUMBERS, targetTokenizer: 'char', cell: 'gru', attention: 'dot', merge: 'sum', layers: 2, steps: 40 },
    questions: translating({ greedy: { length: 25 }, 'beam 3': { beam: 3, attention: true, length: 25 } }),
  },
  'translate without attention': {
    data: 'numbers.tsv',
    options: { ...NUMBERS, attention: 'none', tie: true },
    questions: translating({ greedy: {}, 'beam 3': { beam: 3 } }),
  },
  fill: {
    data: 'names.txt',
    options: { ...TEXT, task: 'fill', format: 'lines', cell: 'gru' },
    questions: {
      ...filling(['Ma____a', '____', 'Bran____'], FILLINGS),
      ...filling(['Ma____a____n'], { 'two blanks': {}, 'two blanks, Gibbs': { temperature: 1, seed: 2 } }),
    },
  },
  'fill words': {
    data: 'long.txt',
    options: { ...TEXT, task: 'fill', tokenizer: 'word' },
    questions: filling(['the ____ said, "____', 'Once, ____.'], { 'by default': {}, Gibbs: { temperature: 1 } }),
    others: ['more.txt'],
  },
};

/** Whether models that are loaded compute with fused multiply-add here, which `auto` takes where it can. */
export async function kernelsHere(folder: string, file: string): Promise<'fused' | 'strict'> {
  let kernel = '';
  const tiny = { hidden: 4, layers: 1, batchSize: 2, seqLength: 4, steps: 1, threads: 1 } as const;
  await train({
    ...tiny,
    files: [file],
    out: join(folder, 'probe'),
    overwrite: true,
    onEvent: (event) => {
      if (event.event === 'start') kernel = event.kernel;
    },
  });
  return kernel === 'strict' ? 'strict' : 'fused';
}

/** What evaluations say, without the paths of the files. */
async function evaluated(model: Model, files: readonly string[], options: EvaluateOptions) {
  const { files: each, ...whole } = await evaluate(model, files, { threads: 1, ...options });
  return files.length === 1 ? whole : { ...whole, files: each.map(({ file: _, ...figures }) => figures) };
}

/** Answers, and evaluations on texts. */
export async function ask(
  run: string,
  questions: Questions,
  files: readonly string[],
  evaluations: Record<string, EvaluateOptions> = {},
): Promise<Record<string, unknown>> {
  const model = load(run);
  const answers: Record<string, unknown> = {};
  for (const [name, question] of Object.entries(questions)) answers[name] = question(model);
  answers.evaluation = await evaluated(model, files, {});
  answers['evaluation, two threads'] = await evaluated(model, files.slice(0, 1), { threads: 2 });
  for (const [name, options] of Object.entries(evaluations)) {
    answers[`evaluation, ${name}`] = await evaluated(model, files, options);
  }
  return JSON.parse(JSON.stringify(answers)) as Record<string, unknown>;
}

/** Trains a model and asks it; its run is in `folder/asked`. */
export async function trainAndAsk(
  name: string,
  data: Readonly<Record<DataName, string>>,
  folder: string,
): Promise<Record<string, unknown>> {
  const { options, questions, others = [], evaluations, ...own } = askedModels[name];
  const runs = join(folder, 'asked');
  if (!existsSync(runs)) mkdirSync(runs);
  const { run } = await train({ ...options, files: [data[own.data]], out: runs, name });
  return ask(
    run,
    questions,
    [own.data, ...others].map((one) => data[one]),
    evaluations,
  );
}
