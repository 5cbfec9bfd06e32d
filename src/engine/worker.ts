/** A worker thread of the engine: makes its own layout and kernels on the shared memory, then runs the steps it is told to. */

import { parentPort, workerData } from 'node:worker_threads';
import type { KernelVariant } from '../kernels/index.ts';
import type { Chunk } from './chunk.ts';
import { createContext } from './context.ts';
import { createLayout } from './layout.ts';
import { runStep, type StepOutcome } from './step.ts';
import { createThreads, reportFailure, StepAborted } from './threads.ts';
import type { EngineOptions } from './types.ts';

export interface WorkerStart {
  memory: WebAssembly.Memory;
  options: EngineOptions;
  variant: KernelVariant;
  rank: number;
}

/** Sent by rank 0 after a step that all workers have ended, by any worker that failed. */
export type WorkerReply = { outcome: StepOutcome } | { error: string };

if (parentPort) {
  const port = parentPort;
  const { memory, options, variant, rank }: WorkerStart = workerData;
  const layout = createLayout(options);
  const buffer = memory.buffer;
  const threads = createThreads(buffer, layout.control, rank, options.threads);
  const context = createContext(memory, layout, variant, threads);
  port.on('message', (chunk: Chunk) => {
    try {
      const outcome = runStep(context, chunk);
      if (rank === 0) port.postMessage({ outcome } satisfies WorkerReply);
    } catch (error) {
      if (error instanceof StepAborted) return;
      reportFailure(buffer, layout.control);
      const reason = error instanceof Error ? error.message : String(error);
      port.postMessage({ error: `Worker ${rank} of the engine failed: ${reason}.` } satisfies WorkerReply);
    }
  });
}
