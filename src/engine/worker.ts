/** A worker thread of the engine: makes its own plan and kernels on the shared memory, then does the work it is told to. */

import { parentPort, workerData } from 'node:worker_threads';
import type { KernelVariant } from '../kernels/index.ts';
import type { Chunk } from './chunk.ts';
import { createContext, createPlan, type Plan } from './plan.ts';
import { demandSameSources } from './sources.ts';
import { averageParameters, exchangeParameters, runStep, type StepOutcome } from './step/index.ts';
import { type Context, createThreads, reportFailure, StepAborted } from './team/index.ts';
import type { EngineOptions } from './types.ts';

export interface WorkerStart {
  memory: WebAssembly.Memory;
  options: EngineOptions;
  variant: KernelVariant;
  rank: number;
  /** See sources.ts. */
  sources: string;
}

/** What workers are told to do together: a step, or something with the average of the parameters. */
export type Work = { step: Chunk } | { average: number } | { exchange: true };

/** Sent by rank 0 after work that all workers have ended, by any worker that failed. */
export type WorkerReply = { outcome: StepOutcome | undefined } | { error: string };

if (parentPort) {
  const port = parentPort;
  const { memory, options, variant, rank, sources }: WorkerStart = workerData;
  const fail = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    port.postMessage({ error: `Worker ${rank} of the engine failed: ${reason}.` } satisfies WorkerReply);
  };
  const start = (): void => {
    demandSameSources(sources);
    const plan = createPlan(options);
    const { buffer } = memory;
    const context = createContext(memory, plan, variant, createThreads(buffer, plan.control, rank, options.threads));
    port.on('message', (work: Work) => {
      try {
        const outcome = perform(context, plan, work);
        if (rank === 0) port.postMessage({ outcome } satisfies WorkerReply);
      } catch (error) {
        if (error instanceof StepAborted) return;
        reportFailure(buffer, plan.control);
        fail(error);
      }
    });
  };
  try {
    start();
  } catch (error) {
    fail(error);
  }
}

function perform(context: Context, plan: Plan, work: Work): StepOutcome | undefined {
  if ('step' in work) return runStep(context, plan, work.step);
  if ('average' in work) averageParameters(context, plan, work.average);
  else exchangeParameters(context, plan);
  return undefined;
}
