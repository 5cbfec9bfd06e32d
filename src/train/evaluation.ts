/** Evaluations on the way: when they are due, which weights are the best, and when they no longer improve. */

import { type Evaluated, evaluateEpoch } from '../engine/index.ts';
import { type EvalEvent, type Progress, writeModel } from '../run/index.ts';
import { withAverage } from './average.ts';
import { type LoopState, positionOf } from './loop-state.ts';

/** Least steps between evaluations when `--eval-every` doesn't say. */
const LEAST_STEPS = 100;

/** With fewer targets to validate on chance decides which weights name most of them rightly, and the loss tells more. */
const ENOUGH_TARGETS = 1000;

/** Whether to evaluate before the next step: at the end of the run and every so many steps, once at each. */
export function evaluationIsDue({ training: { config, data }, progress }: LoopState, atEnd: boolean): boolean {
  const every = config.options.evalEvery ?? Math.max(LEAST_STEPS, data.batches.batchesPerEpoch);
  const due = atEnd || progress.step % every === 0;
  return data.validation !== undefined && due && progress.evaluatedStep !== progress.step;
}

/** Evaluates the average of the weights; `undefined` when `signal` is aborted on the way. */
export function evaluateAverage(
  { training: { engine, data } }: LoopState,
  signal: AbortSignal | undefined,
): Promise<Evaluated | undefined> {
  return withAverage(engine, () => evaluateEpoch(engine, data.validation!, signal));
}

/** Takes an evaluation into the progress, and writes the average of the weights if it is the best so far. */
export function takeEvaluation(state: LoopState, { loss, accuracy }: Evaluated): EvalEvent {
  const { progress } = state;
  const { folder, engine, vocabularyText, data } = state.training;
  const trainLoss = progress.lossSum / progress.lossTokens;
  const figures = { valLoss: loss, ...(data.accuracy ? { valAccuracy: accuracy } : {}) };
  const best = isBetter(figures, progress, data.validation!.tokensPerEpoch);
  progress.evaluatedStep = progress.step;
  progress.lossSum = 0;
  progress.lossTokens = 0;
  progress.worseEvaluations = best ? 0 : progress.worseEvaluations + 1;
  if (best) {
    progress.bestLoss = loss;
    progress.bestAccuracy = figures.valAccuracy ?? null;
    progress.bestStep = progress.step;
    writeModel(folder, engine.average, vocabularyText, { step: progress.step, ...figures });
  }
  return { event: 'eval', trainLoss, ...figures, best, ...positionOf(state) };
}

/**
 * Whether weights are better than the best so far: by accuracy where that is measured on enough targets, as a model
 * that grows too sure of its errors has a rising loss while it still makes fewer of them; else, and where accuracies
 * are equal, by loss.
 */
function isBetter(
  { valLoss, valAccuracy }: { valLoss: number; valAccuracy?: number },
  { bestLoss, bestAccuracy }: Progress,
  targets: number,
): boolean {
  if (bestLoss === null) return true;
  if (valAccuracy !== undefined && targets >= ENOUGH_TARGETS && bestAccuracy !== null && valAccuracy !== bestAccuracy) {
    return valAccuracy > bestAccuracy;
  }
  return valLoss < bestLoss;
}

/** Whether `--patience` is at its end. */
export function hasStoppedImproving(
  { options }: { options: { patience: number | null } },
  progress: Progress,
): boolean {
  return options.patience !== null && progress.worseEvaluations >= options.patience;
}
