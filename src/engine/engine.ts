/**
 * The engine as the rest of the program sees it: parameters, a training step, an evaluation. It owns the shared memory and the
 * workers; the arithmetic is theirs (worker.ts, step.ts), so that this thread stays free for signals and the screen.
 */

import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { InputError, option, RunError } from '../errors.ts';
import { chooseVariant } from '../kernels/index.ts';
import { initialParameters } from '../model/index.ts';
import type { Batch } from '../text/index.ts';
import { listPositions } from './attention.ts';
import { type Chunk, sparseRows, writeBatch } from './chunk.ts';
import { PHASE_NAMES } from './context.ts';
import { createLayout, type Layout, MOMENT_NAMES, PHASES } from './layout.ts';
import { at, PANEL } from './panels.ts';
import { carriedStates, type StepOutcome } from './step.ts';
import { reportFailure } from './threads.ts';
import type { Engine, EngineOptions, Tensor } from './types.ts';
import type { WorkerReply, WorkerStart } from './worker.ts';

/**
 * A step that is not done after so many looks, one a second, is taken for a hang. A process that was stopped meanwhile
 * looked but once.
 */
const STEP_LIMIT_SECONDS = 600;
const PAGE = 65536;
const LARGEST_MEMORY = 65536 * PAGE;

/**
 * Makes an engine with the model's initial parameters.
 * @throws InputError when the kernel is not usable here or the memory is more than WebAssembly (4 GiB) or the machine has.
 *
 * @example
 * const model = { cell: 'lstm', gruReset: 'after', layers: 1, hidden: 64, embedding: 0, tie: false, vocabulary: 10 } as const;
 * const training = { optimizer: { name: 'adam', weightDecay: 0, clip: 1 }, dropout: 0, seed: 1 } as const;
 * const engine = await createEngine({ model, batchSize: 2, sequenceLength: 4, threads: 1, kernel: 'auto', training });
 * const ids = Int32Array.of(4, 5, 6, 7, 4, 5, 6, 7);
 * const { loss } = await engine.train({ steps: 4, inputs: ids, targets: ids, fresh: true }, 0.001);
 * await engine.close();
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const variant = chooseVariant(options.kernel);
  const layout = createLayout(options);
  const memory = createMemory(layout.bytes, memoryAdvice(options));
  const buffer = memory.buffer;
  const views = { f32: new Float32Array(buffer), i32: new Int32Array(buffer), f64: new Float64Array(buffer) };
  const initial = initialParameters(options.model, options.training?.seed ?? 0);
  const parameters = tensors(buffer, layout, layout.values);
  for (const { name, data } of parameters) data.set(initial.get(name)!);
  listPositions(views.i32, layout);
  const sparse = layout.sparse.map((rows) => sparseRows(views.i32, layout, rows));
  const team = startWorkers(memory, layout, { memory, options, variant, rank: 0 });

  const run = async (batch: Batch, training: boolean, learningRate: number): Promise<StepOutcome & Chunk> => {
    const written = writeBatch(views.i32, layout, batch);
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
    return { ...chunk, ...(await team.run(chunk)) };
  };
  const engine: Engine = {
    memoryBytes: layout.bytes,
    kernel: variant,
    threads: options.threads,
    parameters,
    gradients: options.training ? tensors(buffer, layout, layout.gradients) : [],
    average: options.training ? tensors(buffer, layout, layout.average) : [],
    moments: momentTensors(buffer, layout),
    updates: 0,
    async train(batch, learningRate) {
      const { lossSum, tokens, gradientNorm, applied } = await run(batch, true, learningRate);
      if (applied) engine.updates++;
      return { loss: lossSum / tokens, tokens, gradientNorm, applied };
    },
    async evaluate(batch) {
      const { lossSum, pastLossSum, right, tokens } = await run(batch, false, 0);
      return {
        lossSum,
        tokens,
        ...(layout.tails.length === 0 ? { right } : {}),
        ...(layout.past ? { pastLossSum } : {}),
      };
    },
    readState: () => readState(views.f32, layout),
    writeState: (state) => writeState(views.f32, layout, state),
    profile() {
      if (!options.profile) return {};
      const sums = PHASE_NAMES.map((name, phase) => {
        let seconds = 0;
        for (let rank = 0; rank < options.threads; rank++)
          seconds += views.f64[layout.profile / 8 + rank * PHASES + phase];
        return [name, seconds] as const;
      });
      return Object.fromEntries(sums);
    },
    close: () => team.close(),
  };
  return engine;
}

/** What makes a model smaller: chunks of a text may be shorter, examples are read as a whole. */
function memoryAdvice({ model: { task = 'lm' }, sequenceLength, sourceLength = 0 }: EngineOptions): string {
  if (task === 'lm' || task === 'fill')
    return `lower ${option('hidden')}, ${option('batchSize')}, ${option('seqLength')} or ${option('vocabSize')}`;
  const longest = Math.max(sequenceLength, sourceLength);
  return `lower ${option('hidden')}, ${option('batchSize')} or ${option('vocabSize')}, or leave out the longest examples, of ${longest} tokens`;
}

export function createMemory(bytes: number, advice = `lower ${option('hidden')}`): WebAssembly.Memory {
  const megabytes = (n: number): string => `${Math.ceil(n / 2 ** 20).toLocaleString('en')} MB`;
  // A container may have less than the machine.
  const limit = Math.min(LARGEST_MEMORY, totalmem(), process.constrainedMemory() || Infinity);
  if (bytes > limit) {
    throw new InputError(
      `This model needs ${megabytes(bytes)} of memory, the limit is ${megabytes(limit)}; ${advice}.`,
    );
  }
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    throw new InputError(`This model needs ${megabytes(bytes)} of memory, more than the system gives; ${advice}.`);
  }
}

function tensors(buffer: SharedArrayBuffer, layout: Layout, base: number): Tensor[] {
  return layout.parameters.map(({ name, shape, offset }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    return { name, shape, data: new Float32Array(buffer, base + offset * 4, size) };
  });
}

function momentTensors(buffer: SharedArrayBuffer, layout: Layout): Tensor[] {
  const { training } = layout.options;
  if (!training) return [];
  const moments = MOMENT_NAMES[training.optimizer.name].map((name, i) => ({
    name,
    shape: [layout.blockSize],
    data: new Float32Array(buffer, layout.moments[i], layout.blockSize),
  }));
  const lastUpdates = layout.sparse.map(({ embedding, lastUpdate }) => ({
    name: embedding.name.replace('.weight', '_last_update'),
    shape: [embedding.shape[0]],
    data: new Float32Array(buffer, lastUpdate, embedding.shape[0]),
  }));
  return [...moments, ...lastUpdates];
}

interface Team {
  run(chunk: Chunk): Promise<StepOutcome>;
  close(): Promise<void>;
}

function startWorkers(memory: WebAssembly.Memory, layout: Layout, start: WorkerStart): Team {
  // The compiled worker, from src/ and from dist/ alike: Node 20 runs no TypeScript in a worker.
  const file = new URL('../../dist/engine/worker.js', import.meta.url);
  let failure: Error | undefined;
  let waiting: { resolve(outcome: StepOutcome): void; reject(error: Error): void; timer: NodeJS.Timeout } | undefined;
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
    reportFailure(memory.buffer, layout.control);
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
    run(chunk) {
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
        for (const worker of workers) worker.postMessage(chunk);
      });
    },
    async close() {
      closing = true;
      settle({ error: 'The engine was closed.' });
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function readState(f32: Float32Array, layout: Layout): Tensor[] {
  const { batchSize: B, model } = layout.options;
  const H = model.hidden;
  return carriedStates(layout).map(({ name, matrix }) => {
    const data = new Float32Array(B * H);
    for (let row = 0; row < B; row++) {
      for (let unit = 0; unit < H; unit += PANEL) {
        const from = at(matrix, unit / PANEL, row) / 4;
        data.set(f32.subarray(from, from + Math.min(PANEL, H - unit)), row * H + unit);
      }
    }
    return { name, shape: [B, H], data };
  });
}

function writeState(f32: Float32Array, layout: Layout, state: readonly Tensor[]): void {
  const { batchSize: B, model } = layout.options;
  const H = model.hidden;
  for (const { name, matrix } of carriedStates(layout)) {
    const tensor = state.find((one) => one.name === name);
    if (tensor?.data.length !== B * H) throw new RangeError(`state ${name} of ${B} by ${H} is missing`);
    for (let row = 0; row < B; row++) {
      for (let unit = 0; unit < H; unit += PANEL) {
        const from = row * H + unit;
        f32.set(tensor.data.subarray(from, from + Math.min(PANEL, H - unit)), at(matrix, unit / PANEL, row) / 4);
      }
    }
  }
}
