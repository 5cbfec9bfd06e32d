/**
 * The engine as the rest of the program sees it: parameters, a training step, an evaluation. It owns the shared memory and the
 * workers; the arithmetic is theirs (worker.ts, step.ts), so that this thread stays free for signals and the screen.
 */

import { Worker } from 'node:worker_threads';
import { option, RunError } from '../errors.ts';
import { type Address, chooseVariant } from '../kernels/index.ts';
import { elementCount, initialValues } from '../model/index.ts';
import type { Batch } from '../text/index.ts';
import type { Chunk } from './chunk.ts';
import { createMemory } from './memory/index.ts';
import { networkOf, parameterSpecs } from './networks/index.ts';
import { createPlan, type Plan } from './plan.ts';
import { sourcesDigest } from './sources.ts';
import { readState, type StepOutcome, sparseRows, writeBatch, writeState } from './step/index.ts';
import { readProfile, reportFailure } from './team/index.ts';
import type { Engine, EngineOptions, Tensor } from './types.ts';
import type { Work, WorkerReply, WorkerStart } from './worker.ts';
import { workerFile } from './worker-file.ts';

/**
 * A step that is not done after so many looks, one a second, is taken for a hang. A process that was stopped meanwhile
 * looked but once.
 */
const STEP_LIMIT_SECONDS = 600;
/**
 * Makes an engine with the model's initial parameters.
 * @throws InputError when the kernel is not usable here or the memory is more than WebAssembly (4 GiB) or the machine has.
 *
 * @example
 * const model = completeModel({ layers: 1, hidden: 64, vocabulary: 10 });
 * const training = { optimizer: { name: 'adam', weightDecay: 0, clip: 1 }, dropout: 0, seed: 1 } as const;
 * const engine = await createEngine({ model, batchSize: 2, sequenceLength: 4, threads: 1, kernel: 'auto', training });
 * const ids = Int32Array.of(4, 5, 6, 7, 4, 5, 6, 7);
 * const { loss } = await engine.train({ steps: 4, inputs: ids, targets: ids, fresh: true }, 0.001);
 * await engine.close();
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const variant = chooseVariant(options.kernel);
  const plan = createPlan(options);
  const memory = createMemory(plan.bytes, memoryAdvice(options));
  const { buffer } = memory;
  const { block, network } = plan;
  const f32 = new Float32Array(buffer);
  const i32 = new Int32Array(buffer);
  const initial = initialValues(parameterSpecs(options.model), options.training?.seed ?? 0);
  const parameters = tensors(buffer, plan, block.values);
  for (const { name, data } of parameters) data.set(initial.get(name)!);
  for (const part of [network, ...network.heads]) part.prepare?.(i32);
  const sparse = plan.sparse.map((rows) => sparseRows(i32, options.batchSize, rows));
  const team = startWorkers(memory, plan, { memory, options, variant, rank: 0, sources: sourcesDigest() });

  const run = async (batch: Batch, training: boolean, learningRate: number): Promise<StepOutcome & Chunk> => {
    const written = writeBatch(i32, plan, batch);
    if (training && written.tokens === 0) throw new RangeError('a batch without targets teaches nothing');
    const rows = training ? sparse.map((list) => list(written.spans)) : [];
    const chunk: Chunk = {
      ...written,
      usedRows: rows.map(({ used }) => used),
      staleRows: rows.map(({ stale }) => stale),
      training,
      learningRate,
      update: engine.updates,
    };
    return { ...chunk, ...(await team.run({ step: chunk }))! };
  };
  const engine: Engine = {
    memoryBytes: plan.bytes,
    kernel: variant,
    precision: plan.precision,
    threads: options.threads,
    parameters,
    gradients: options.training ? tensors(buffer, plan, block.gradients) : [],
    average: options.training ? tensors(buffer, plan, block.average) : [],
    moments: momentTensors(buffer, plan),
    losses: new Float64Array(buffer, network.heads[0].losses, options.batchSize * options.sequenceLength),
    guesses:
      network.heads[0].guesses &&
      new Int32Array(buffer, network.heads[0].guesses, options.batchSize * options.sequenceLength),
    updates: 0,
    async addToAverage(rest) {
      await team.run({ average: rest });
    },
    async exchangeAverage() {
      await team.run({ exchange: true });
    },
    async train(batch, learningRate) {
      const { lossSum, tokens, gradientNorm, applied } = await run(batch, true, learningRate);
      if (applied) engine.updates++;
      return { loss: lossSum / tokens, tokens, gradientNorm, applied };
    },
    async evaluate(batch) {
      const { lossSum, pastLossSum, right, tokens } = await run(batch, false, 0);
      const [head, byPast] = network.heads;
      return {
        lossSum,
        tokens,
        ...(head.right === undefined ? {} : { right }),
        ...(byPast ? { pastLossSum } : {}),
      };
    },
    readState: () => readState(f32, plan),
    writeState: (state) => writeState(f32, plan, state),
    profile: () => (options.profile ? readProfile(buffer, plan.profile, options.threads) : {}),
    close: () => team.close(),
  };
  return engine;
}

/** What makes a model smaller: chunks of a text may be shorter, examples are read as a whole. */
function memoryAdvice({ model, sequenceLength, sourceLength = 0 }: EngineOptions): string {
  if (!networkOf(model).readsExamples) {
    return `lower ${option('hidden')}, ${option('batchSize')}, ${option('seqLength')} or ${option('vocabSize')}`;
  }
  const longest = Math.max(sequenceLength, sourceLength);
  return `lower ${option('hidden')}, ${option('batchSize')} or ${option('vocabSize')}, or leave out the longest examples, of ${longest} tokens`;
}

function tensors(buffer: SharedArrayBuffer, { block }: Plan, base: Address): Tensor[] {
  return block.parameters.map(({ name, shape, offset }) => {
    const data = new Float32Array(buffer, base + offset * 4, elementCount(shape));
    return { name, shape, data };
  });
}

function momentTensors(buffer: SharedArrayBuffer, { block, optimizer, sparse }: Plan): Tensor[] {
  const moments = block.moments.map((moment, i) => ({
    name: optimizer!.moments[i],
    shape: [block.size],
    data: new Float32Array(buffer, moment, block.size),
  }));
  const lastUpdates = sparse.map(({ embedding, lastUpdate }) => ({
    name: embedding.name.replace('.weight', '_last_update'),
    shape: [embedding.shape[0]],
    data: new Float32Array(buffer, lastUpdate, embedding.shape[0]),
  }));
  return [...moments, ...lastUpdates];
}

interface Team {
  run(work: Work): Promise<StepOutcome | undefined>;
  close(): Promise<void>;
}

function startWorkers(memory: WebAssembly.Memory, { control }: Plan, start: WorkerStart): Team {
  const file = workerFile('worker.js');
  let failure: Error | undefined;
  let waiting:
    | { resolve(outcome: StepOutcome | undefined): void; reject(error: Error): void; timer: NodeJS.Timeout }
    | undefined;
  let closing = false;
  const settle = (reply: WorkerReply): void => {
    if ('error' in reply) failure ??= new RunError(reply.error);
    const current = waiting;
    waiting = undefined;
    if (!current) return;
    clearInterval(current.timer);
    if ('error' in reply) current.reject(failure!);
    else current.resolve(reply.outcome);
  };
  const fail = (reason: string): void => {
    if (closing) return;
    reportFailure(memory.buffer, control);
    settle({ error: reason });
  };
  const workers = Array.from({ length: start.options.threads }, (_, rank) => {
    // No flags of this process: `--input-type` and the like would not suit the worker's file.
    const worker = new Worker(file, { workerData: { ...start, rank } satisfies WorkerStart, execArgv: [] });
    worker.on('message', settle);
    worker.on('error', (error) => fail(`Worker ${rank} of the engine failed: ${error.message}.`));
    worker.on('exit', (code) => fail(`Worker ${rank} of the engine ended unexpectedly (exit code ${code}).`));
    return worker;
  });
  return {
    run(work) {
      return new Promise((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        let seconds = 0;
        const timer = setInterval(() => {
          if (++seconds === STEP_LIMIT_SECONDS) fail(`A training step took longer than ${seconds / 60} minutes.`);
        }, 1000);
        waiting = { resolve, reject, timer };
        for (const worker of workers) worker.postMessage(work);
      });
    },
    async close() {
      closing = true;
      settle({ error: 'The engine was closed.' });
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
