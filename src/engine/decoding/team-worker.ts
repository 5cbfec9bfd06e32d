/** A thread that helps with another's work, from when it has started until the other's model is gone. */

import { workerData } from 'node:worker_threads';
import type { KernelVariant } from '../../kernels/index.ts';
import { createContext, createPlan } from '../plan.ts';
import { demandSameSources } from '../sources.ts';
import { createThreads, reportFailure, StepAborted } from '../team/index.ts';
import { helpWithSequences } from './predictor.ts';
import { helpWithStep } from './step-model.ts';
import { joinTeam, type TeamWorkerStart } from './team.ts';

const { memory, options, rank, threads, work, splitPanels, sources }: TeamWorkerStart = workerData;
demandSameSources(sources);
const plan = createPlan(options);
const alone = createThreads(memory.buffer, plan.control, 0, 1);
const inference = { plan, context: createContext(memory, plan, options.kernel as KernelVariant, alone) };
const context = joinTeam(inference, rank, threads, splitPanels);
const help = { step: helpWithStep, sequences: helpWithSequences }[work];
try {
  for (;;) {
    context.threads.barrier();
    help(context, plan.network);
  }
} catch (error) {
  if (!(error instanceof StepAborted)) {
    // The first thread waits at a barrier, where it hears nothing else.
    reportFailure(memory.buffer, plan.control);
    throw error;
  }
}
