/**
 * The runs in test/fixtures/old-runs, which version 0.1.0 wrote and was stopped at half way: what they were trained
 * on, and what they are asked. Each folder holds the text beside the run, as `text.txt`.
 */

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classify, fill, sample, search, type TrainOptions, tag, translate } from '../../src/index.ts';
import { ask, type Questions } from './questions.ts';
import { type Trained, trainAndRecord } from './record.ts';

export interface OldRun {
  /** What it was made with, for whoever wants to know. */
  options: Partial<TrainOptions>;
  questions: Questions;
}

const BASE = { steps: 40, warmup: 5, threads: 1, kernel: 'strict', layers: 1, hidden: 16, evalEvery: 10 } as const;
const TEXT = { ...BASE, batchSize: 8, seqLength: 16, learningRate: 0.03 } as const;
const EXAMPLES = { ...BASE, batchSize: 8, learningRate: 0.03 } as const;

/** Where the first half ended. */
export const STOPPED_AT = 23;

const asText: Questions = {
  greedy: (model) => [...sample(model, { temperature: 0, length: 40, seed: 1 })],
  drawn: (model) => [...sample(model, { length: 40, seed: 1 })],
  searched: (model) => search(model, { width: 2, length: 20 }),
};

export const oldRuns: Record<string, OldRun> = {
  characters: { options: { ...TEXT, lowercase: true, dropout: 0 }, questions: asText },
  labelled: {
    options: { ...TEXT, cell: 'gru', gruReset: 'before', format: 'labelled', optimizer: 'sgd' },
    questions: { ...asText, 'a label': (model) => [...sample(model, { label: 'Fjord', length: 20, seed: 1 })] },
  },
  'tied-words': {
    options: {
      ...TEXT,
      cell: 'gru',
      tokenizer: 'word',
      vocabSize: 120,
      tie: true,
      optimizer: 'adamw',
      weightDecay: 0.01,
    },
    questions: asText,
  },
  'adaptive-words': {
    options: { ...TEXT, cell: 'rnn', tokenizer: 'word', pretokenized: true, softmax: 'adaptive', optimizer: 'rmsprop' },
    questions: asText,
  },
  classify: {
    options: { ...EXAMPLES, task: 'classify', lowercase: true },
    questions: { labels: (model) => classify(model, ['Kaleo', 'Branvik']) },
  },
  tag: {
    options: { ...EXAMPLES, task: 'tag', cell: 'gru', merge: 'sum' },
    questions: { tags: (model) => tag(model, ['the small doctors run .']) },
  },
  translate: {
    options: { ...EXAMPLES, task: 'translate', cell: 'gru', targetTokenizer: 'word' },
    questions: {
      greedy: (model) => translate(model, ['17', '80'], { attention: true }),
      'beam 3': (model) => translate(model, ['17', '80'], { beam: 3 }),
    },
  },
  fill: {
    options: { ...TEXT, task: 'fill', cell: 'gru', format: 'lines', lowercase: true },
    questions: {
      searched: (model) => fill(model, ['ma____a'], { top: 2 }),
      drawn: (model) => fill(model, ['ma____a'], { temperature: 1, seed: 3 }),
    },
  },
};

/** A copy of an old run in `folder`, and its text. */
export function copyOldRun(name: string, folder: string): { run: string; text: string } {
  const run = join(folder, name);
  cpSync(fileURLToPath(new URL(`../fixtures/old-runs/${name}`, import.meta.url)), run, { recursive: true });
  return { run, text: join(run, 'text.txt') };
}

export function askOldRun(name: string, folder: string): Promise<Record<string, unknown>> {
  const { run, text } = copyOldRun(name, folder);
  return ask(run, oldRuns[name].questions, [text]);
}

/** Goes on to the end with a run whose text is elsewhere than it was. */
export function resumeOldRun(name: string, folder: string): Promise<Trained> {
  const { run, text } = copyOldRun(name, folder);
  return trainAndRecord({ resume: run, files: [text] });
}
