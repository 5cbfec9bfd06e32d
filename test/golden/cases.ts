/**
 * The models whose weights are pinned to the bit: every cell, task, optimizer and way of reading, small. One list for the tests
 * and for scripts/golden.ts, which writes down what the present program gives.
 */

import type { TrainOptions } from '../../src/index.ts';
import type { DataName } from './data.ts';

export interface TrainCase {
  data: readonly DataName[] | 'broken';
  options: Partial<TrainOptions>;
  /** A text to validate on. */
  valid?: DataName;
  /** The case whose weights it begins with. */
  initFrom?: string;
}

const CELLS = {
  rnn: { cell: 'rnn' },
  lstm: { cell: 'lstm' },
  'gru before': { cell: 'gru', gruReset: 'before' },
  'gru after': { cell: 'gru', gruReset: 'after' },
  'gru none': { cell: 'gru', gruReset: 'none' },
  mingru: { cell: 'mingru' },
} as const satisfies Record<string, Partial<TrainOptions>>;
const CELL_NAMES = Object.keys(CELLS) as (keyof typeof CELLS)[];

const OPTIMIZERS = ['adam', 'adamw', 'rmsprop', 'sgd', 'lion', 'muon'] as const;

/** Common to all: the same bits on every machine, within a moment. */
const BASE = { steps: 20, warmup: 5, threads: 1, kernel: 'strict', batchSize: 8 } as const;
const TEXT = { ...BASE, layers: 2, hidden: 20, seqLength: 16, dropout: 0 } as const;
const EXAMPLES = { ...BASE, layers: 1, hidden: 20, dropout: 0, tokenDropout: 0, labelSmoothing: 0 } as const;

function* lm(): Generator<[string, TrainCase]> {
  const on = (changes: Partial<TrainOptions>, data: TrainCase['data'] = ['tales.txt']): TrainCase => ({
    data,
    options: { ...TEXT, ...changes },
  });
  for (const name of CELL_NAMES) {
    const cell = CELLS[name];
    yield [`lm ${name}, one-hot`, on(cell)];
    yield [`lm ${name}, one-hot, two threads`, on({ ...cell, threads: 2 })];
    yield [`lm ${name}, embedding from a table`, on({ ...cell, embedding: 12 })];
    yield [`lm ${name}, embedding by position`, on({ ...cell, embedding: 12, batchSize: 4, seqLength: 8 })];
    yield [`lm ${name}, embedding, dropout, two threads`, on({ ...cell, embedding: 24, dropout: 0.3, threads: 2 })];
    yield [`lm ${name}, one layer of 33`, on({ ...cell, layers: 1, hidden: 33 })];
    yield [`lm ${name}, three layers of 16`, on({ ...cell, layers: 3, hidden: 16, dropout: 0.3 })];
    yield [`lm ${name}, lines`, on({ ...cell, format: 'lines', batchSize: 32 }, ['names.txt'])];
  }
  yield ['lm lstm, 40 hidden, 33 rows', on({ hidden: 40, batchSize: 33, seqLength: 9 })];
  yield ['lm lstm, a single row', on({ batchSize: 1 })];
  yield ['lm lstm, several epochs', on({ seqLength: 64, batchSize: 16 })];
  yield ['lm lstm, another seed', on({ seed: 7, dropout: 0.3 })];
  yield ['lm lstm, tied', on({ tie: true })];
  yield ['lm lstm, two files', on({}, ['tales.txt', 'more.txt'])];
  yield ['lm lstm, a text to validate on', { ...on({ evalEvery: 7 }), valid: 'more.txt' }];
  yield ['lm lstm, nothing to validate on', on({ valSplit: 0 })];
  yield ['lm lstm, evaluated often', on({ evalEvery: 3, learningRate: 0.1 })];
  yield ['lm lstm, out of patience', on({ evalEvery: 2, patience: 1, learningRate: 1, clip: 0 })];
  yield ['lm lstm, lower case and few kinds', on({ lowercase: true, minCount: 20, vocabSize: 20 })];
  yield ['lm lstm, line ends', on({ normalizeNewlines: true }, ['crlf.txt'])];
  yield ['lm lstm, line ends as they are', on({}, ['crlf.txt'])];
  yield ['lm lstm, not UTF-8', on({ lossy: true }, 'broken')];
  yield ['lm lstm, from other weights', { ...on({ seed: 3 }, ['more.txt']), initFrom: 'lm lstm, one-hot' }];

  for (const optimizer of OPTIMIZERS) {
    for (const weightDecay of [0, 0.01]) {
      yield [`lm lstm, ${optimizer}, decay ${weightDecay}`, on({ optimizer, weightDecay })];
      yield [
        `lm gru, rows of a large embedding, ${optimizer}, decay ${weightDecay}`,
        on({ ...WORDS, cell: 'gru', embedding: 16, optimizer, weightDecay, threads: 2 }, ['words.txt']),
      ];
    }
  }
  for (const schedule of ['constant', 'cosine', 'linear', 'step'] as const) {
    yield [`lm lstm, ${schedule}`, on({ schedule })];
    yield [`lm lstm, ${schedule}, no warmup`, on({ schedule, warmup: 0 })];
  }
  for (const clip of [0, 0.05]) yield [`lm lstm, clip ${clip}`, on({ clip, learningRate: 0.2 })];
  yield ['lm lstm, epochs', on({ epochs: 2, steps: null, seqLength: 64, batchSize: 16 })];
  yield ['lm lstm, label smoothing', on({ labelSmoothing: 0.1 })];

  yield ['lm lstm, labelled', on({ format: 'labelled', batchSize: 32 }, ['names.tsv'])];
  yield ['lm gru, labelled, two threads', on({ cell: 'gru', format: 'labelled', threads: 2 }, ['names.tsv'])];
  yield ['lm lstm, long lines in chunks', on({ format: 'lines', seqLength: 5 }, ['sentences.txt'])];
  yield ['lm lstm, lines of words', on({ tokenizer: 'word', format: 'lines' }, ['sentences.txt'])];

  yield ['lm lstm, words', on({ tokenizer: 'word' }, ['long.txt'])];
  yield ['lm lstm, words from a table', on({ tokenizer: 'word', batchSize: 64, seqLength: 32 }, ['long.txt'])];
  yield [
    'lm lstm, frequent words',
    on({ tokenizer: 'word', lowercase: true, minCount: 2, vocabSize: 150 }, ['long.txt']),
  ];
  yield ['lm lstm, one-hot words', on({ tokenizer: 'word', embedding: 0 }, ['long.txt'])];
  yield ['lm lstm, tied words', on({ ...WORDS, tie: true }, ['words.txt'])];
  yield ['lm lstm, tied words, label smoothing', on({ ...WORDS, tie: true, labelSmoothing: 0.1 }, ['words.txt'])];
  yield ['lm lstm, rows of a large embedding', on({ ...WORDS, embedding: 24, dropout: 0.3 }, ['words.txt'])];
  yield ['lm lstm, a large embedding as a whole', on({ ...WORDS, embedding: 12 }, ['words.txt'])];
  yield [
    'lm lstm, a large embedding from a table',
    on({ ...WORDS, embedding: 16, batchSize: 44, seqLength: 64, steps: 5 }, ['words.txt']),
  ];
  for (const threads of [1, 2]) {
    const adaptive = { ...WORDS, softmax: 'adaptive', hidden: 32, threads } as const;
    yield [`lm lstm, adaptive softmax, threads ${threads}`, on(adaptive, ['words.txt'])];
    yield [
      `lm gru, adaptive softmax, lines, threads ${threads}`,
      on({ ...adaptive, cell: 'gru', format: 'lines' }, ['words.txt']),
    ];
  }
  yield [
    'lm lstm, adaptive softmax, label smoothing',
    on({ ...WORDS, softmax: 'adaptive', hidden: 32, labelSmoothing: 0.1 }, ['words.txt']),
  ];
}

const WORDS = { tokenizer: 'word', pretokenized: true } as const;

function* fill(): Generator<[string, TrainCase]> {
  const on = (changes: Partial<TrainOptions>, data: TrainCase['data'] = ['tales.txt']): TrainCase => ({
    data,
    options: { ...TEXT, task: 'fill', ...changes },
  });
  for (const name of CELL_NAMES) {
    const cell = CELLS[name];
    yield [`fill ${name}`, on({ ...cell, layers: 1 })];
    yield [`fill ${name}, lines, dropout`, on({ ...cell, format: 'lines', dropout: 0.3 }, ['names.txt'])];
    yield [`fill ${name}, embedding, two threads`, on({ ...cell, embedding: 12, threads: 2 })];
  }
  yield ['fill lstm, words', on({ tokenizer: 'word' }, ['long.txt'])];
  yield ['fill gru, rows of two large embeddings', on({ ...WORDS, cell: 'gru', embedding: 16 }, ['words.txt'])];
  yield ['fill lstm, label smoothing', on({ labelSmoothing: 0.1 })];
}

function* classify(): Generator<[string, TrainCase]> {
  const on = (changes: Partial<TrainOptions>): TrainCase => ({
    data: ['names.tsv'],
    options: { ...EXAMPLES, task: 'classify', batchSize: 16, ...changes },
  });
  for (const name of CELL_NAMES) yield [`classify ${name}`, on(CELLS[name])];
  for (const pool of ['last', 'mean', 'max'] as const) {
    yield [`classify, ${pool}, concat`, on({ pool, layers: 2, dropout: 0.3 })];
    yield [`classify, ${pool}, concat, two threads`, on({ pool, layers: 2, dropout: 0.3, threads: 2 })];
    yield [`classify, ${pool}, sum`, on({ pool, merge: 'sum', cell: 'lstm', layers: 2 })];
    yield [`classify, ${pool}, one way`, on({ pool, bidirectional: false, embedding: 12 })];
  }
  yield ['classify, dropout', on({ dropout: 0.3 })];
  yield ['classify, token dropout', on({ tokenDropout: 0.2 })];
  yield ['classify, label smoothing', on({ labelSmoothing: 0.1 })];
  yield ['classify, words', on({ tokenizer: 'word' })];
  yield ['classify, embedding, dropout', on({ embedding: 12, dropout: 0.3, hidden: 33 })];
  yield ['classify, as by default', { data: ['names.tsv'], options: { ...BASE, task: 'classify', hidden: 24 } }];
  yield ['classify, other names', { ...on({ evalEvery: 5 }), valid: 'other.tsv' }];
}

function* tag(): Generator<[string, TrainCase]> {
  const on = (changes: Partial<TrainOptions>): TrainCase => ({
    data: ['tags.tsv'],
    options: { ...EXAMPLES, task: 'tag', ...changes },
  });
  for (const name of CELL_NAMES) yield [`tag ${name}`, on(CELLS[name])];
  for (const merge of ['concat', 'sum'] as const) {
    yield [`tag, ${merge}, two layers, dropout`, on({ merge, layers: 2, dropout: 0.3 })];
    yield [`tag, ${merge}, two layers, dropout, two threads`, on({ merge, layers: 2, dropout: 0.3, threads: 2 })];
  }
  yield ['tag, one way', on({ bidirectional: false, tokenDropout: 0.1 })];
  yield ['tag, one-hot', on({ embedding: 0, labelSmoothing: 0.1 })];
  yield ['tag, crf', on({ output: 'crf' })];
  yield ['tag, crf, two layers, dropout', on({ output: 'crf', layers: 2, dropout: 0.3 })];
  yield ['tag, crf, two layers, dropout, two threads', on({ output: 'crf', layers: 2, dropout: 0.3, threads: 2 })];
  yield ['tag, crf, entities', { ...on({ output: 'crf', steps: 40 }), data: ['entities.tsv'] }];
  yield ['tag, as by default', { data: ['tags.tsv'], options: { ...BASE, task: 'tag', hidden: 24 } }];
}

function* translate(): Generator<[string, TrainCase]> {
  const on = (changes: Partial<TrainOptions>): TrainCase => ({
    data: ['numbers.tsv'],
    options: { ...EXAMPLES, task: 'translate', targetTokenizer: 'word', ...changes },
  });
  for (const name of CELL_NAMES) {
    for (const attention of ['none', 'general'] as const) {
      yield [`translate ${name}, ${attention}, concat`, on({ ...CELLS[name], attention })];
    }
    yield [`translate ${name}, dot, sum`, on({ ...CELLS[name], attention: 'dot', merge: 'sum' })];
    yield [`translate ${name}, dot, one way`, on({ ...CELLS[name], attention: 'dot', bidirectional: false })];
  }
  for (const attention of ['none', 'general'] as const) {
    yield [`translate lstm, ${attention}, sum`, on({ attention, merge: 'sum' })];
    yield [`translate lstm, ${attention}, one way`, on({ attention, bidirectional: false })];
    yield [`translate gru, ${attention}, two layers, dropout`, on({ cell: 'gru', attention, layers: 2, dropout: 0.3 })];
    yield [
      `translate gru, ${attention}, two layers, dropout, two threads`,
      on({ cell: 'gru', attention, layers: 2, dropout: 0.3, threads: 2 }),
    ];
  }
  yield ['translate lstm, letters', on({ targetTokenizer: 'char' })];
  yield ['translate lstm, embedding of letters', on({ targetTokenizer: 'char', embedding: 12 })];
  yield ['translate lstm, tied', on({ tie: true })];
  yield ['translate lstm, label smoothing', on({ labelSmoothing: 0.1, tokenDropout: 0.1 })];
  yield ['translate lstm, 33 hidden', on({ hidden: 33, batchSize: 12 })];
  yield [
    'translate lstm, as by default',
    { data: ['numbers.tsv'], options: { ...BASE, task: 'translate', hidden: 24 } },
  ];
}

function* layerNorm(): Generator<[string, TrainCase]> {
  const { rnn: _, mingru: __, ...cells } = CELLS;
  for (const [name, cell] of Object.entries(cells)) {
    const text: TrainCase = { data: ['tales.txt'], options: { ...TEXT, ...cell, layerNorm: true } };
    const on = (changes: Partial<TrainOptions>): TrainCase => ({ ...text, options: { ...text.options, ...changes } });
    yield [`lm ${name}, layer norm`, text];
    yield [`lm ${name}, layer norm, two threads`, on({ threads: 2 })];
    yield [`lm ${name}, layer norm, embedding by position`, on({ embedding: 12, batchSize: 4, seqLength: 8 })];
    yield [`lm ${name}, layer norm, lines`, { ...on({ format: 'lines', dropout: 0.3 }), data: ['names.txt'] }];
  }
  const example = { ...EXAMPLES, layerNorm: true } as const;
  yield ['classify, layer norm', { data: ['names.tsv'], options: { ...example, task: 'classify' } }];
  yield ['tag, layer norm', { data: ['tags.tsv'], options: { ...example, task: 'tag', merge: 'sum', layers: 2 } }];
  yield ['fill, layer norm', { data: ['tales.txt'], options: { ...TEXT, layerNorm: true, task: 'fill' } }];
  yield [
    'translate, layer norm',
    { data: ['numbers.tsv'], options: { ...example, task: 'translate', targetTokenizer: 'word', cell: 'gru' } },
  ];
}

export const trainCases: ReadonlyMap<string, TrainCase> = new Map([
  ...lm(),
  ...fill(),
  ...classify(),
  ...tag(),
  ...translate(),
  ...layerNorm(),
]);

/** Cases that differ in the number of threads alone, and so have the same weights. */
export function sameBits(name: string): string | undefined {
  const alone = name.replace(', two threads', '').replace(', threads 2', ', threads 1');
  return alone !== name && trainCases.has(alone) ? alone : undefined;
}
