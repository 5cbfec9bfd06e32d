/** A language model for decoding: one time step at a time for a few rows, with weights packed once. */

import type { KernelChoice } from '../kernels/index.ts';
import type { ModelConfig } from '../model/index.ts';
import { createStateStore, inferenceContext, type StepState } from './inference.ts';
import type { Layout } from './layout.ts';
import { PANEL } from './panels.ts';
import { carriedStates } from './step.ts';
import { createStepTeam, type StepTeam } from './step-team.ts';
import type { Tensor } from './types.ts';

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
 * others join this thread in long work, if the model is large enough for it; what comes out is the same.
 */
export function createStepModel(
  model: ModelConfig,
  parameters: readonly Tensor[],
  kernel: KernelChoice = 'auto',
  threads = 1,
): EngineStepModel & Pick<StepTeam, 'threads'> {
  const context = inferenceContext({ model, batchSize: GROUP_ROWS, sequenceLength: 1 }, parameters, kernel);
  const { layout, i32 } = context;
  const team = createStepTeam(context, Math.max(1, Math.min(threads, usefulThreads(layout))));
  const states = createStateStore(
    context,
    carriedStates(layout).map(({ matrix }) => matrix),
  );
  const inputs = layout.sequences[0].inputs / 4;
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
        for (let row = 0; row < count; row++) i32[inputs + row] = tokens[first + row];
        team.step(count, logProbabilities, first * model.vocabulary);
        states.store(state, first, count, GROUP_ROWS);
      }
      return { state, logProbabilities };
    },
    select: states.select,
  };
}

/** Bytes of weights that are worth a thread; the first megabyte lies in a core's second-level cache. */
const BYTES_A_THREAD = 1 << 19;

function usefulThreads({ blockSize, options: { model } }: Layout): number {
  const embedding = model.embedding > 0 && !model.tie ? model.vocabulary * model.embedding : 0;
  const bytes = 4 * (blockSize - embedding);
  return Math.min(Math.floor(bytes / BYTES_A_THREAD), Math.floor(model.hidden / (2 * PANEL)));
}
