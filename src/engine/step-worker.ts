/** A thread that helps with a language model's time steps, from when it has started until its model is gone. */

import { workerData } from 'node:worker_threads';
import type { KernelVariant } from '../kernels/index.ts';
import { createContext } from './context.ts';
import { createLayout } from './layout.ts';
import { computeStep, joinTeam } from './step-team.ts';
import { createThreads, reportFailure, StepAborted } from './threads.ts';
import type { EngineOptions } from './types.ts';

export interface StepWorkerStart {
  memory: WebAssembly.Memory;
  /** With the kernel variant that was chosen. */
  options: EngineOptions;
  rank: number;
  threads: number;
}

const { memory, options, rank, threads }: StepWorkerStart = workerData;
const layout = createLayout(options);
const alone = createThreads(memory.buffer, layout.control, 0, 1);
const context = joinTeam(createContext(memory, layout, options.kernel as KernelVariant, alone), rank, threads);
try {
  for (;;) {
    context.threads.barrier();
    computeStep(context, context.i32[layout.sequences[0].lengths / 4]);
  }
} catch (error) {
  if (!(error instanceof StepAborted)) {
    // The first thread waits at a barrier, where it hears nothing else.
    reportFailure(memory.buffer, layout.control);
    throw error;
  }
}
