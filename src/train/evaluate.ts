/** The loss of a model over whole texts. */

import { availableParallelism } from 'node:os';
import { createEngine, type Engine } from '../engine/index.ts';
import { type BatchSource, type CorpusPart, readCorpus } from '../text/index.ts';
import { modelConfig } from './config.ts';

import type { Run } from './run.ts';
import { wholeBatches } from './text-data.ts';

/**
 * Mean cross-entropy over one epoch of `source`, in nats per token, state carried from batch to batch; the engine's own state
 * is as before afterwards. `undefined` when `signal` is aborted on the way.
 */
export async function meanLoss(engine: Engine, source: BatchSource, signal?: AbortSignal): Promise<number | undefined> {
  const state = engine.readState();
  let lossSum = 0;
  let tokens = 0;
  for (let i = 0; i < source.batchesPerEpoch && !signal?.aborted; i++) {
    const result = await engine.evaluate(source.batch(i));
    lossSum += result.lossSum;
    tokens += result.tokens;
  }
  engine.writeState(state);
  return signal?.aborted ? undefined : lossSum / tokens;
}

/** How well a model predicts a text. */
export interface Evaluation {
  /** Nats per token. */
  loss: number;
  perplexity: number;
  bitsPerToken: number;
  bitsPerCharacter: number;
  /** Tokens predicted, and how many of the text's tokens the vocabulary lacks. */
  tokens: number;
  unknown: number;
}

export interface FileEvaluation extends Evaluation {
  file: string;
}

/** Rows that a text is read in side by side, each from the zero state, and the least tokens of a row for that not to matter. */
const MOST_ROWS = 64;
const ROW_TOKENS = 4096;

/**
 * Measures a model on each of the files, and on all of them together. Each is read as the training text was: as a stream or as
 * lines, by the model's tokenizer.
 *
 * @example
 * const { perplexity, files } = await evaluate(load('runs/my'), ['a.txt', 'b.txt']);
 *
 * @throws InputError for a file that can't be read as text.
 */
export async function evaluate(
  run: Run,
  names: readonly string[],
  { lossy = false, threads = availableParallelism() }: { lossy?: boolean; threads?: number } = {},
): Promise<Evaluation & { files: FileEvaluation[] }> {
  const sums: Sums[] = [];
  for (const name of names) sums.push(await evaluateFile(run, name, lossy, threads));
  return {
    ...measures(sums.reduce((a, b) => add(a, b))),
    files: sums.map((sum, i) => ({ file: names[i], ...measures(sum) })),
  };
}

interface Sums {
  lossSum: number;
  tokens: number;
  unknown: number;
  characters: number;
}

async function evaluateFile(run: Run, name: string, lossy: boolean, threads: number): Promise<Sums> {
  const { options } = run.config;
  const corpus = await readCorpus([name], { format: options.format, tokenizer: run.tokenizer, lossy });
  try {
    const { statistics } = corpus.train;
    const batchSize = rowsFor(corpus.train);
    const source = wholeBatches(corpus.train, { ...options, batchSize });
    const { seqLength: sequenceLength } = options;
    const engine = await createEngine({
      model: modelConfig(run.config),
      batchSize,
      sequenceLength,
      threads: Math.min(threads, batchSize),
      kernel: 'auto',
    });
    try {
      run.parameters.forEach(({ data }, i) => {
        engine.parameters[i].data.set(data);
      });
      const tokens = source.tokensPerEpoch;
      const lossSum = (await meanLoss(engine, source))! * tokens;
      // The first token of a stream is not predicted.
      const characters = (statistics.characters * tokens) / statistics.tokens;
      return { lossSum, tokens, unknown: statistics.unknown, characters };
    } finally {
      await engine.close();
    }
  } finally {
    corpus.close();
  }
}

function rowsFor(part: CorpusPart): number {
  const rows = part.format === 'lines' ? part.documents.lengths.length : Math.floor(part.tokens.length / ROW_TOKENS);
  return Math.max(1, Math.min(MOST_ROWS, rows));
}

function add(a: Sums, b: Sums): Sums {
  return {
    lossSum: a.lossSum + b.lossSum,
    tokens: a.tokens + b.tokens,
    unknown: a.unknown + b.unknown,
    characters: a.characters + b.characters,
  };
}

function measures({ lossSum, tokens, unknown, characters }: Sums): Evaluation {
  const loss = lossSum / tokens;
  const bits = lossSum / Math.LN2;
  return {
    loss,
    perplexity: Math.exp(loss),
    bitsPerToken: bits / tokens,
    bitsPerCharacter: bits / characters,
    tokens,
    unknown,
  };
}
