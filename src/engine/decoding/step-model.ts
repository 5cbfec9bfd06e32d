/** A language model for decoding: one time step at a time for a few rows, with weights packed once. */

import { i32Index, type KernelChoice, PANEL } from '../../kernels/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import { forwardChunk } from '../chunk.ts';
import { type Network, networkOf } from '../networks/index.ts';
import { forwardStack } from '../parts/index.ts';
import { mayShareUnits, type Plan } from '../plan.ts';
import type { Context } from '../team/index.ts';
import type { Tensor } from '../types.ts';
import { createInference } from './inference.ts';
import { createStateStore, type StepState } from './state-store.ts';
import { createTeam } from './team.ts';

/** Rows computed at once; more rows go in several groups. */
const GROUP_ROWS = 64;

/** The decoder's view of a model; it fits `StepModel<StepState>` of decode/. */
export interface EngineStepModel {
  readonly vocabulary: number;
  start(rows: number): StepState;
  next(state: StepState, tokens: ArrayLike<number>): { state: StepState; logProbabilities: Float32Array };
  select(state: StepState, rows: ArrayLike<number>): StepState;
}

/**
 * `parameters` are copied; each must have the name and size that the configuration gives it. With `threads` above 1
 * others join this thread in long work, if the model is large enough for it; what comes out is the same. The result's
 * `threads` says how many the next time step is computed on.
 */
export function createStepModel(
  model: ModelConfig,
  parameters: readonly Tensor[],
  kernel: KernelChoice = 'auto',
  threads = 1,
): EngineStepModel & { readonly threads: number } {
  const sizes = { model, batchSize: GROUP_ROWS, sequenceLength: 1 };
  const inference = createInference(
    networkOf(model),
    sizes,
    parameters,
    kernel,
    'the model is too large to be used here',
  );
  const { context, plan } = inference;
  const { network } = plan;
  const { i32 } = context;
  const team = createTeam(inference, Math.max(1, Math.min(threads, usefulThreads(plan))), 'step', true);
  const states = createStateStore(
    context,
    network.carried.map(({ matrix }) => matrix),
  );
  const [{ inputs, lengths }] = network.sequences;
  const firstInput = i32Index(inputs);
  let logProbabilities = new Float32Array(0);
  return {
    vocabulary: model.vocabulary,
    get threads() {
      return team.threads;
    },
    start: states.start,
    next(before, tokens) {
      const { rows } = before;
      const state = states.start(rows);
      if (logProbabilities.length !== rows * model.vocabulary) {
        logProbabilities = new Float32Array(rows * model.vocabulary);
      }
      for (let first = 0; first < rows; first += GROUP_ROWS) {
        const count = Math.min(GROUP_ROWS, rows - first);
        states.load(before, first, count);
        for (let row = 0; row < count; row++) i32[firstInput + row] = tokens[first + row];
        // What the others read to know how many rows go on.
        i32[i32Index(lengths)] = count;
        team.run((here) => computeStep(here, network, count, logProbabilities, first * model.vocabulary));
        states.store(state, first, count, GROUP_ROWS);
      }
      return { state, logProbabilities };
    },
    select: states.select,
  };
}

/** A time step of the memory's first `rows` rows: their states move on; the first thread's `to` gets log-probabilities. */
function computeStep(context: Context, { stacks, heads }: Network, rows: number, to?: Float32Array, offset = 0): void {
  forwardStack(context, forwardChunk([{ steps: 1, active: [rows] }]), stacks[0]);
  heads[0].logProbabilities(context, heads[0].features.matrix, rows, to, offset);
}

/** What the other threads of a team do at each time step. */
export function helpWithStep(context: Context, network: Network): void {
  computeStep(context, network, context.i32[i32Index(network.sequences[0].lengths)]);
}

/** Bytes of weights that are worth a thread; the first megabyte lies in a core's second-level cache. */
const BYTES_A_THREAD = 1 << 19;

function usefulThreads(plan: Plan): number {
  if (!mayShareUnits(plan)) return 1;
  const { model } = plan.options;
  // Of an embedding that is looked up only some rows are read.
  const embedding = model.tie ? 0 : model.vocabulary * model.embedding;
  const bytes = 4 * (plan.block.size - embedding);
  return Math.min(Math.floor(bytes / BYTES_A_THREAD), Math.floor(model.hidden / (2 * PANEL)));
}
