/**
 * A language model for decoding: one time step at a time for a few rows, on this thread, with weights packed once.
 */

import type { KernelChoice } from '../kernels/index.ts';
import type { ModelConfig } from '../model/index.ts';
import { forwardStack } from './forward.ts';
import { createStateStore, forwardChunk, inferenceContext, type StepState } from './inference.ts';
import { logProbabilitiesOf } from './logSoftmax.ts';
import { carriedStates } from './step.ts';
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

/** `parameters` are copied; each must have the name and size that the configuration gives it. */
export function createStepModel(
  model: ModelConfig,
  parameters: readonly Tensor[],
  kernel: KernelChoice = 'auto',
): EngineStepModel {
  const context = inferenceContext({ model, batchSize: GROUP_ROWS, sequenceLength: 1 }, parameters, kernel);
  const { layout, i32 } = context;
  const [stack] = layout.stacks;
  const states = createStateStore(
    context,
    carriedStates(layout).map(({ matrix }) => matrix),
  );
  const inputs = layout.sequences[0].inputs / 4;
  let logProbabilities = new Float32Array(0);
  return {
    vocabulary: model.vocabulary,
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
        forwardStack(context, forwardChunk([{ steps: 1, active: [count] }]), stack);
        states.store(state, first, count, GROUP_ROWS);
        logProbabilitiesOf(context, layout.features.matrix, count, logProbabilities, first * model.vocabulary);
      }
      return { state, logProbabilities };
    },
    select: states.select,
  };
}
