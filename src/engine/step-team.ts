/**
 * The threads of a language model's time steps. This thread takes part in each; the others are called when it turns out
 * that there is much to compute, and left out while the machine has no processor for them. Each takes a share of the
 * hidden units and of the vocabulary, and the bits are the same with any number of them.
 */

import { Worker } from 'node:worker_threads';
import type { Context } from './context.ts';
import { forwardStack } from './forward.ts';
import { forwardChunk } from './inference.ts';
import { logProbabilitiesOf } from './log-softmax.ts';
import type { StepWorkerStart } from './step-worker.ts';
import { createThreads, reportFailure, StepAborted, waitingThreads } from './threads.ts';

/** The others are called after this much computing: most texts are done before a thread has started. */
const ALONE_MILLISECONDS = 20;
/** What may be lost by waiting for the others before this thread goes on without them, and for how long. */
const LOST_MILLISECONDS = 10;
const APART_MILLISECONDS = 250;
/** Looks at the barrier before a thread sleeps, about a millisecond: between two time steps tokens are drawn and shown. */
const SPINS = 100_000;

/** Ends the other threads of a team that nobody holds any more. */
const abandoned = new FinalizationRegistry(({ buffer, control }: { buffer: SharedArrayBuffer; control: number }) => {
  reportFailure(buffer, control);
});

export interface StepTeam {
  /** Threads that the next time step is computed on. */
  readonly threads: number;
  /**
   * A time step of the memory's first `rows` rows: their states move on, and `to` gets log-probabilities (rows, V) from
   * `offset` on.
   */
  step(rows: number, to: Float32Array, offset: number): void;
}

/** `context` is this thread's, made for it alone. */
export function createStepTeam(context: Context, threads: number): StepTeam {
  const { layout, i32 } = context;
  let waited = 0;
  const joined = joinTeam(context, 0, threads);
  const { barrier } = joined.threads;
  joined.threads.barrier = () => {
    const began = performance.now();
    barrier();
    waited += performance.now() - began;
  };
  /** Milliseconds that this thread still computes alone. */
  let alone = threads === 1 ? Infinity : ALONE_MILLISECONDS;
  let called = false;
  let complete = false;
  let lost = 0;
  const team: StepTeam = {
    get threads() {
      return complete && alone <= 0 ? threads : 1;
    },
    step(rows, to, offset) {
      const began = performance.now();
      complete ||= called && waitingThreads(context.memory.buffer, layout.control) === threads - 1;
      if (complete && alone <= 0) {
        i32[layout.sequences[0].lengths / 4] = rows;
        waited = 0;
        try {
          joined.threads.barrier();
          computeStep(joined, rows, to, offset);
        } catch (error) {
          if (!(error instanceof StepAborted)) throw error;
          // What the step begins from is still there.
          alone = Infinity;
          computeStep(context, rows, to, offset);
          return;
        }
        // With n threads a step takes an nth of the time, and waiting. Alone is faster when more than 1 - 1/n of it is waiting.
        lost = Math.max(0, lost + waited - (1 - 1 / threads) * (performance.now() - began));
        if (lost < LOST_MILLISECONDS) return;
        lost = 0;
        alone = APART_MILLISECONDS;
        return;
      }
      computeStep(context, rows, to, offset);
      alone -= performance.now() - began;
      if (called || alone > 0) return;
      called = true;
      abandoned.register(team, { buffer: context.memory.buffer, control: layout.control });
      for (let rank = 1; rank < threads; rank++) startHelper(context, rank, threads);
    },
  };
  return team;
}

/** The same memory for a thread of a team. */
export function joinTeam(context: Context, rank: number, count: number): Context {
  const { memory, layout } = context;
  const threads = createThreads(memory.buffer, layout.control, rank, count, SPINS);
  return { ...context, threads, splitUnits: count > 1 };
}

/** What each thread of a team does at each time step, after a barrier. The first word of `lengths` says how many rows go on. */
export function computeStep(context: Context, rows: number, to?: Float32Array, offset = 0): void {
  const { layout } = context;
  forwardStack(context, forwardChunk([{ steps: 1, active: [rows] }]), layout.stacks[0]);
  logProbabilitiesOf(context, layout.features.matrix, rows, to, offset);
}

function startHelper({ memory, layout: { options } }: Context, rank: number, threads: number): void {
  const workerData: StepWorkerStart = { memory, options, rank, threads };
  // The compiled one, from src/ and from dist/ alike, as in engine.ts.
  const worker = new Worker(new URL('../../dist/engine/step-worker.js', import.meta.url), { workerData, execArgv: [] });
  // Without it the team stays incomplete, and this thread goes on alone.
  worker.on('error', () => {});
  worker.unref();
}
