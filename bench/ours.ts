/**
 * One piece of work in this program, in a process of its own: takes a job as JSON, prints what came of it as JSON.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, engine, kernels, library, model, text } from './built.ts';
import { processorSeconds, stepsPerSecond } from './clock.ts';
import { kernelRate } from './kernelRate.ts';
import { zipfTokens } from './tokens.ts';
import { type Measurement, modelOf, type SampleWork, type TrainMeasurement, type TrainWork } from './work.ts';

/** Reading a file into tokens. */
export interface ReadWork {
  kind: 'read';
  file: string;
  tokenizer: 'char' | 'word';
}

/** Some steps of training on a file, from reading it on. */
export interface FileWork {
  kind: 'file';
  file: string;
  /** What to validate on. */
  valid: string;
}

/** Choosing a kernel variant, the self-checks included. */
export interface ChoiceWork {
  kind: 'choice';
}

export interface Job<W = TrainWork | SampleWork | ReadWork | FileWork | ChoiceWork> {
  work: W;
  threads: number;
  /** How long to measure, where that can be chosen. */
  seconds: number;
  profile?: boolean;
}

export interface Outcomes {
  train: TrainMeasurement;
  sample: Measurement;
  /** `rate` is bytes of text a second. */
  read: Measurement;
  file: { peakMemory: number; engineMemory: number };
  choice: { milliseconds: number };
}

const KERNEL_SECONDS = 0.2;
/** Different batches, taken in turn: a single one would be learnt by heart. */
const BATCHES = 16;

async function train({ work, threads, seconds, profile = false }: Job<TrainWork>): Promise<TrainMeasurement> {
  const { batchSize, sequenceLength, vocabulary } = work;
  const kernelBefore = kernelRate(kernels.chooseVariant('auto'), 'rows', KERNEL_SECONDS);
  const trainer = await engine.createEngine({
    model: modelOf(work),
    batchSize,
    sequenceLength,
    threads,
    kernel: 'auto',
    training: { optimizer: { name: 'adam', weightDecay: 0, clip: 1 }, dropout: 0, seed: 1 },
    profile,
  });
  const positions = batchSize * sequenceLength;
  const ids = zipfTokens(vocabulary, positions * BATCHES + batchSize, 1);
  let batch = 0;
  let before: Record<string, number> = {};
  const steps = await stepsPerSecond(
    async () => {
      const first = (batch++ % BATCHES) * positions;
      const inputs = ids.subarray(first, first + positions);
      const targets = ids.subarray(first + batchSize, first + batchSize + positions);
      const { loss } = await trainer.train({ steps: sequenceLength, inputs, targets, fresh: batch === 1 }, 1e-3);
      if (!Number.isFinite(loss)) throw new Error(`The loss is ${loss}.`);
    },
    seconds,
    {
      onWarm: () => {
        before = trainer.profile();
      },
    },
  );
  const phases = Object.entries(trainer.profile()).map(([phase, sum]) => [phase, sum - before[phase]]);
  const peakMemory = peakMemoryNow();
  await trainer.close();
  return {
    rate: steps * positions,
    peakMemory,
    engineMemory: trainer.memoryBytes,
    kernelRate: Math.max(kernelBefore, kernelRate(trainer.kernel, 'rows', KERNEL_SECONDS)),
    profile: Object.fromEntries(phases),
  };
}

async function sample({ work, seconds }: Job<SampleWork>): Promise<Measurement> {
  const config = modelOf(work);
  const initial = model.initialParameters(config, 1);
  const parameters = [...initial].map(([name, data]) => ({ name, shape: [data.length], data }));
  const tokens = decode.sample(engine.createStepModel(config, parameters), {
    prompt: [4],
    length: Number.MAX_SAFE_INTEGER,
    samples: work.streams,
    seed: 1,
    forbidden: [0, 1, 2, 3],
    decoder: () => () => '',
  });
  const drawOneEach = (): void => {
    for (let i = 0; i < work.streams; i++) tokens.next();
  };
  const steps = await stepsPerSecond(drawOneEach, seconds);
  return { rate: steps * work.streams, peakMemory: peakMemoryNow() };
}

async function read({ work }: Job<ReadWork>): Promise<Measurement> {
  const began = performance.now();
  const corpus = await text.readCorpus([work.file], { format: 'stream', tokenizer: { kind: work.tokenizer } });
  const seconds = (performance.now() - began) / 1000;
  corpus.close();
  return { rate: corpus.bytes / seconds, peakMemory: peakMemoryNow() };
}

async function file({ work, threads }: Job<FileWork>): Promise<Outcomes['file']> {
  const folder = mkdtempSync(join(tmpdir(), 'gatelm-bench-'));
  let engineMemory = 0;
  try {
    await library.train({
      files: [work.file],
      valid: work.valid,
      steps: 20,
      threads,
      out: join(folder, 'run'),
      onEvent: (event) => {
        if (event.event === 'start') engineMemory = event.memoryBytes;
      },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { peakMemory: peakMemoryNow(), engineMemory };
}

function choice(): Outcomes['choice'] {
  const began = performance.now();
  kernels.chooseVariant('auto');
  return { milliseconds: performance.now() - began };
}

function peakMemoryNow(): number {
  return process.resourceUsage().maxRSS * 1024;
}

const run = { train, sample, read, file, choice };
const job = JSON.parse(process.argv[2]) as Job;
const work = run[job.work.kind] as (job: Job) => Promise<unknown> | unknown;
const outcome = await work(job);
console.log(JSON.stringify(Object.assign({}, outcome, { processorSeconds: processorSeconds() })));
