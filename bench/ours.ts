/**
 * One piece of work in this program, in a process of its own: takes a job as JSON, prints what came of it as JSON.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelVariant, Precision } from '../src/kernels/index.ts';
import { trainingBatches } from './batches.ts';
import { decode, engine, kernels, library, model, text } from './built.ts';
import { tokensPerSecond } from './clock.ts';
import { kernelRate, type Product } from './kernel-rate.ts';
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

/** A matrix product alone, on one thread. */
export interface KernelWork {
  kind: 'kernel';
  variant: KernelVariant;
  precision: Precision;
  product: Product;
}

export interface Job<W = TrainWork | SampleWork | ReadWork | FileWork | ChoiceWork | KernelWork> {
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
  file: Omit<Measurement, 'rate'> & { engineMemory: number };
  choice: { milliseconds: number };
  /** GFLOP/s. */
  kernel: { rate: number };
}

const KERNEL_SECONDS = 0.2;

async function train({ work, threads, seconds, profile = false }: Job<TrainWork>): Promise<TrainMeasurement> {
  const batches = trainingBatches(work);
  const precision = kernels.choosePrecision('auto', 'auto');
  const kernelBefore = kernelRate(kernels.chooseVariant('auto'), precision, 'rows', KERNEL_SECONDS);
  const trainer = await engine.createEngine({
    model: modelOf(work),
    batchSize: work.batchSize,
    sequenceLength: batches.longest,
    sourceLength: batches.longestSource,
    threads,
    kernel: 'auto',
    precision,
    training: { optimizer: { name: 'adam', weightDecay: 0, clip: 1 }, dropout: 0, seed: 1 },
    profile,
  });
  let steps = 0;
  let before: Record<string, number> = {};
  const rate = await tokensPerSecond(
    async () => {
      const { batch, tokens } = batches.at(steps++);
      const { loss } = await trainer.train(batch, 1e-3);
      if (!Number.isFinite(loss)) throw new Error(`The loss is ${loss}.`);
      return tokens;
    },
    seconds,
    {
      onWarm: () => {
        before = trainer.profile();
      },
    },
  );
  const phases = Object.entries(trainer.profile()).map(([phase, sum]) => [phase, sum - before[phase]]);
  const { peakMemory } = resources();
  await trainer.close();
  const kernelAfter = kernelRate(trainer.kernel, precision, 'rows', KERNEL_SECONDS);
  return {
    rate,
    ...resources(),
    peakMemory,
    engineMemory: trainer.memoryBytes,
    kernelRate: Math.max(kernelBefore, kernelAfter),
    profile: Object.fromEntries(phases),
  };
}

async function sample({ work, threads, seconds }: Job<SampleWork>): Promise<Measurement> {
  const config = modelOf(work);
  const initial = model.initialValues(engine.parameterSpecs(config), 1);
  const parameters = [...initial].map(([name, data]) => ({ name, shape: [data.length], data }));
  const tokens = decode.sample(engine.createStepModel(config, parameters, 'auto', threads), {
    prompt: [4],
    length: Number.MAX_SAFE_INTEGER,
    samples: work.streams,
    seed: 1,
    forbidden: [0, 1, 2, 3],
    decoder: () => () => '',
  });
  const drawOneEach = (): number => {
    for (let i = 0; i < work.streams; i++) tokens.next();
    return work.streams;
  };
  return { rate: await tokensPerSecond(drawOneEach, seconds), ...resources() };
}

async function read({ work }: Job<ReadWork>): Promise<Measurement> {
  const began = performance.now();
  const corpus = await text.readCorpus([work.file], { format: 'stream', tokenizer: { kind: work.tokenizer } });
  const seconds = (performance.now() - began) / 1000;
  corpus.close();
  return { rate: corpus.bytes / seconds, ...resources() };
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
  return { ...resources(), engineMemory };
}

function choice(): Outcomes['choice'] {
  const began = performance.now();
  kernels.chooseVariant('auto');
  return { milliseconds: performance.now() - began };
}

/** What this process has taken so far. */
function resources(): Pick<Measurement, 'peakMemory' | 'processorSeconds'> {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return { peakMemory: maxRSS * 1024, processorSeconds: (userCPUTime + systemCPUTime) / 1e6 };
}

function kernel({ work, seconds }: Job<KernelWork>): Outcomes['kernel'] {
  return { rate: kernelRate(work.variant, work.precision, work.product, seconds) };
}

const run = { train, sample, read, file, choice, kernel };
const job = JSON.parse(process.argv[2]) as Job;
const work = run[job.work.kind] as (job: Job) => Promise<unknown> | unknown;
console.log(JSON.stringify(await work(job)));
