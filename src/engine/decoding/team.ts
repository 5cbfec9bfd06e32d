/**
 * Threads that help with what one thread begins alone. This thread takes part in each piece of work; the others are called when it
 * turns out that there is much to compute, and left out while the machine has no processor for them. The bits are the same
 * with any number of them.
 */

import { Worker } from 'node:worker_threads';
import type { Address } from '../../kernels/index.ts';
import { sourcesDigest } from '../sources.ts';
import { type Context, createThreads, reportFailure, StepAborted, waitingThreads } from '../team/index.ts';
import type { EngineOptions } from '../types.ts';
import { workerFile } from '../worker-file.ts';
import type { Inference } from './inference.ts';

/** The others are called after this much computing: most texts are done before a thread has started. */
const ALONE_MILLISECONDS = 20;
/** What may be lost by waiting for the others before this thread goes on without them, and for how long. */
const LOST_MILLISECONDS = 10;
const APART_MILLISECONDS = 250;
/** Looks at the barrier before a thread sleeps, about a millisecond: between two time steps tokens are drawn and shown. */
const SPINS = 100_000;

/** Ends the other threads of a team that nobody holds any more. */
const abandoned = new FinalizationRegistry(({ buffer, control }: { buffer: SharedArrayBuffer; control: Address }) => {
  reportFailure(buffer, control);
});

export interface Team {
  /** Threads that the next piece of work is computed on. */
  readonly threads: number;
  /**
   * A piece of work that all threads do: this one by `compute`, the others by what `work` names. What it begins from
   * must still be there after a part of it.
   */
  run(compute: (context: Context) => void): void;
}

/**
 * `work` names what the others do each time. Each thread takes a share of the panels of
 * hidden units with `splitPanels`, else of the rows. The context of `inference` is this thread's, made for it alone.
 */
export function createTeam(inference: Inference, threads: number, work: TeamWork, splitPanels: boolean): Team {
  const { context, plan } = inference;
  const { control } = plan;
  let waited = 0;
  const joined = joinTeam(inference, 0, threads, splitPanels);
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
  const together = (compute: (context: Context) => void): void => {
    const began = performance.now();
    waited = 0;
    try {
      joined.threads.barrier();
      compute(joined);
    } catch (error) {
      if (!(error instanceof StepAborted)) throw error;
      alone = Infinity;
      compute(context);
      return;
    }
    // With n threads it takes an nth of the time, and waiting. Alone is faster when more than 1 - 1/n of it is waiting.
    lost = Math.max(0, lost + waited - (1 - 1 / threads) * (performance.now() - began));
    if (lost < LOST_MILLISECONDS) return;
    lost = 0;
    alone = APART_MILLISECONDS;
  };
  const team: Team = {
    get threads() {
      return complete && alone <= 0 ? threads : 1;
    },
    run(compute) {
      complete ||= called && waitingThreads(context.memory.buffer, control) === threads - 1;
      if (complete && alone <= 0) {
        together(compute);
        return;
      }
      const began = performance.now();
      compute(context);
      alone -= performance.now() - began;
      if (called || alone > 0) return;
      called = true;
      abandoned.register(team, { buffer: context.memory.buffer, control });
      for (let rank = 1; rank < threads; rank++) startHelper(inference, { rank, threads, work, splitPanels });
    },
  };
  return team;
}

/** The same memory for a thread of a team. */
export function joinTeam({ context, plan }: Inference, rank: number, count: number, splitPanels: boolean): Context {
  const threads = createThreads(context.memory.buffer, plan.control, rank, count, SPINS);
  return { ...context, threads, splitPanels: splitPanels && count > 1 };
}

/** What a thread that helps is told. */
export interface TeamWorkerStart {
  memory: WebAssembly.Memory;
  /** With the kernel variant that was chosen. */
  options: EngineOptions;
  rank: number;
  threads: number;
  /** What to do each time. */
  work: TeamWork;
  splitPanels: boolean;
  /** See sources.ts. */
  sources: string;
}

/** A time step of a language model, or the whole of a network on some sequences. */
export type TeamWork = 'step' | 'sequences';

type Place = Pick<TeamWorkerStart, 'rank' | 'threads' | 'work' | 'splitPanels'>;

function startHelper({ context, plan }: Inference, place: Place): void {
  const workerData: TeamWorkerStart = {
    ...place,
    memory: context.memory,
    options: plan.options,
    sources: sourcesDigest(),
  };
  const worker = new Worker(workerFile('decoding/team-worker.js'), { workerData, execArgv: [] });
  // Without it the team stays incomplete, and this thread goes on alone.
  worker.on('error', () => {});
  worker.unref();
}
