/** When training ends before its limits: validation no longer improves, or nothing is learnt any more. */

import { option, RunError } from '../errors.ts';
import type { Progress, RunConfig } from '../run/index.ts';
import type { LoopState } from './loop-state.ts';

/** A validation loss so many times that of the best weights has risen. */
const RISEN = 1.02;
/** Without `--patience` a run ends after so many of them in a row, at so many times the step of the best weights. */
const RISEN_EVALUATIONS = 5;
const RISEN_STEPS = 3;

/** A loss so many times that of guessing evenly is far above it, */
const DIVERGED = 2;
/** and not only at the start. */
const START_STEPS = 100;

export function hasRisen(loss: number, { bestLoss }: Progress): boolean {
  return bestLoss !== null && loss > RISEN * bestLoss;
}

/** Whether `--patience` is at its end: so many evaluations without improvement, or by default a loss that has long been rising. */
export function hasStoppedImproving(
  { options }: { options: { patience: number | null } },
  { step, bestStep, worseEvaluations, risenEvaluations }: Progress,
): boolean {
  const { patience } = options;
  if (patience !== null) return patience > 0 && worseEvaluations >= patience;
  return risenEvaluations >= RISEN_EVALUATIONS && bestStep !== null && step >= RISEN_STEPS * bestStep;
}

/**
 * Throws a RunError when the loss of training since the last evaluation, and that of validation if it is known, are far above what
 * guessing evenly has.
 */
export function refuseDivergence(state: LoopState, valLoss: number | null, atEnd: boolean): void {
  const { config, folder } = state.training;
  const { step, lossSum, lossTokens, bestStep } = state.progress;
  if (lossTokens === 0 || (!atEnd && step < START_STEPS)) return;
  const loss = lossSum / lossTokens;
  const guessing = Math.log(outputs(config));
  if (Math.min(loss, valLoss ?? loss) <= DIVERGED * guessing) return;
  state.gaveUp = true;
  const kept = bestStep === null ? '' : `; ${folder} holds the best weights, of step ${bestStep}`;
  throw new RunError(
    `Training has diverged: at step ${step} its loss is ${loss.toFixed(2)}, where guessing evenly has ${guessing.toFixed(2)}: train with a ${option('learningRate')} below ${config.options.learningRate}${kept}.`,
  );
}

function outputs({ classes, vocabulary }: RunConfig): number {
  return classes ?? vocabulary;
}
