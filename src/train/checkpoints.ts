/** Writing checkpoints, and going back to one. */

import { option, RunError } from '../errors.ts';
import { parseInterval } from '../options/index.ts';
import {
  type CheckpointEvent,
  type RollbackEvent,
  restoreCheckpoint,
  writeCheckpoint,
  writeModel,
} from '../run/index.ts';
import { type LoopState, positionOf } from './loop-state.ts';

/** Whether `--checkpoint-every` has passed since the last one. */
export function checkpointIsDue({ training, progress, saved }: LoopState): boolean {
  const interval = parseInterval(training.config.options.checkpointEvery);
  return 'steps' in interval
    ? progress.step - saved.step >= interval.steps
    : performance.now() - saved.time >= 1000 * interval.seconds;
}

/** Writes the whole state of the run. */
export function saveCheckpoint(state: LoopState): CheckpointEvent {
  const { progress } = state;
  const { folder, engine, vocabularyText } = state.training;
  // Without an evaluation so far, the last average is the best that is known.
  if (progress.bestLoss === null && progress.step > 0) {
    writeModel(folder, engine.average, vocabularyText, { step: progress.step, valLoss: null });
  }
  const here = positionOf(state);
  writeCheckpoint(folder, engine, progress, vocabularyText);
  state.saved = { step: progress.step, time: performance.now() };
  return { event: 'checkpoint', ...here };
}

/**
 * Goes back to the last checkpoint, as `what` is not finite; from there on the learning rate is lower. Throws a RunError
 * if it did so before.
 */
export function goBack(state: LoopState, what: string): RollbackEvent {
  const { step: failedStep, rollbacks } = state.progress;
  if (rollbacks > 0) {
    state.gaveUp = true;
    throw notFinite(what, state);
  }
  const { folder, engine, vocabularyText } = state.training;
  state.progress = restoreCheckpoint(folder, engine, vocabularyText);
  state.progress.rollbacks = rollbacks + 1;
  return { event: 'rollback', failedStep, ...positionOf(state) };
}

function notFinite(what: string, { training: { folder, config }, progress: { step, bestStep } }: LoopState): RunError {
  const kept =
    bestStep === null
      ? `${folder} holds the last good checkpoint`
      : `${folder} holds the best weights, of step ${bestStep}`;
  return new RunError(
    `The ${what} is not finite at step ${step}, again after going back with a lower learning rate: train with a ${option('learningRate')} below ${config.options.learningRate} or a smaller ${option('clip')}; ${kept}.`,
  );
}
