/** Evaluations on the way: when they are due, of how much, and which weights are the best. */

import { type Evaluated, evaluateEpoch } from '../engine/index.ts';
import { type EvalEvent, writeModel } from '../run/index.ts';
import type { BatchSource } from '../text/index.ts';
import { withAverage } from './average.ts';
import { type LoopState, positionOf, tokensPerSecond } from './loop-state.ts';
import { hasRisen } from './stopping.ts';
import { shareDone } from './training.ts';

/** Least steps between evaluations when `--eval-every` doesn't say. */
const LEAST_STEPS = 100;

/** Where epochs are longer, the first evaluation is done at this share of the run; of one by minutes it takes this much at most. */
const FIRST_SHARE = 0.09;
const FIRST_COST = 0.04;

/** With fewer targets to validate on chance decides which weights name most of them rightly, and the loss tells more. */
const ENOUGH_TARGETS = 1000;

/** A forward pass is about a third of a training step's work; taken for half, an evaluation is done sooner than expected. */
const EVALUATION_SPEED = 2;

/** Whether to evaluate before the next step: at the end of the run and every so many steps, once at each. */
export function evaluationIsDue(state: LoopState, share: number): boolean {
  const { config, data } = state.training;
  const { step, evaluatedStep, elapsedSeconds } = state.progress;
  if (data.validation === undefined || evaluatedStep === step) return false;
  if (share === 1) return true;
  const { evalEvery } = config.options;
  const { batchesPerEpoch } = data.batches;
  const every = evalEvery ?? Math.max(LEAST_STEPS, batchesPerEpoch);
  if (step % every === 0 && !endIsNear(state, share, every)) return true;
  if (evaluatedStep > 0 || evalEvery !== null || batchesPerEpoch <= LEAST_STEPS) return false;
  // Of the whole run, as what its end takes is hardly known yet.
  const { share: begun } = shareDone(config, batchesPerEpoch, { step, elapsedSeconds });
  return begun + Math.min(FIRST_COST, costOf(state)) >= FIRST_SHARE;
}

/** Whether the evaluation at the end of the run is so near that one before it would tell nothing else. */
function endIsNear({ training: { config, data }, progress }: LoopState, share: number, every: number): boolean {
  const { step, elapsedSeconds, evaluationSeconds } = progress;
  const after = { ...progress, elapsedSeconds: elapsedSeconds + evaluationSeconds };
  const left = 1 - shareDone(config, data.batches.batchesPerEpoch, after).share;
  return Math.round((step * left) / share) <= (every === 1 ? 0 : Math.max(1, every / 10));
}

/** Share of a run by minutes that an evaluation takes; 0 for another run. */
function costOf({ training: { config }, progress: { evaluationSeconds } }: LoopState): number {
  const { minutes } = config.options;
  return minutes === null ? 0 : evaluationSeconds / (60 * minutes);
}

/** Before the first evaluation of all: takes into the progress what one will take, by the speed of training. */
export function expectEvaluation(state: LoopState): void {
  const { training, progress } = state;
  if (progress.bestLoss !== null || training.data.validation === undefined) return;
  progress.evaluationSeconds = training.data.validation.tokensPerEpoch / (EVALUATION_SPEED * tokensPerSecond(state));
}

/** What an evaluation found, and on how much of the validation: 1 for all. */
export interface Evaluation extends Evaluated {
  part: number;
}

/**
 * Evaluates the average of the weights; `undefined` when `signal` is aborted on the way. A first evaluation that would take too
 * much of a run by minutes is of the beginning of the validation.
 */
export async function evaluateAverage(
  state: LoopState,
  share: number,
  signal: AbortSignal | undefined,
): Promise<Evaluation | undefined> {
  const { engine, data, config } = state.training;
  const isFirst = state.progress.evaluatedStep === 0 && share < 1 && config.options.evalEvery === null;
  const part = isFirst ? Math.min(1, FIRST_COST / costOf(state)) : 1;
  const source = beginningOf(data.validation!, part);
  const evaluated = await withAverage(engine, () => evaluateEpoch(engine, source, signal));
  return evaluated && { ...evaluated, part: source.batchesPerEpoch / data.validation!.batchesPerEpoch };
}

function beginningOf(source: BatchSource, part: number): BatchSource {
  return { ...source, batchesPerEpoch: Math.max(1, Math.floor(part * source.batchesPerEpoch)) };
}

/**
 * Takes an evaluation into the progress, and writes the average of the weights if it is the best so far, for which the whole
 * validation is needed.
 */
export function takeEvaluation(state: LoopState, { loss, accuracy, macroF1, tokens, part }: Evaluation): EvalEvent {
  const { progress } = state;
  const { folder, engine, vocabularyText, data } = state.training;
  const trainLoss = progress.lossSum / progress.lossTokens;
  const figures: Figures = {
    valLoss: loss,
    ...(data.accuracy ? { valAccuracy: accuracy } : {}),
    ...(macroF1 === undefined ? {} : { valMacroF1: macroF1 }),
  };
  const best = part === 1 && isBetter(figures, state);
  progress.evaluatedStep = progress.step;
  progress.lossSum = 0;
  progress.lossTokens = 0;
  if (part === 1) {
    progress.worseEvaluations = best ? 0 : progress.worseEvaluations + 1;
    progress.risenEvaluations = !best && hasRisen(loss, progress) ? progress.risenEvaluations + 1 : 0;
  }
  if (best) {
    progress.bestLoss = loss;
    progress.bestAccuracy = figures.valAccuracy ?? null;
    progress.bestMacroF1 = figures.valMacroF1 ?? null;
    progress.bestStep = progress.step;
    writeModel(folder, engine.average, vocabularyText, { step: progress.step, ...figures });
  }
  const measured = part === 1 ? {} : { valTokens: tokens };
  return { event: 'eval', trainLoss, ...figures, ...measured, best, ...positionOf(state) };
}

type Figures = Pick<EvalEvent, 'valLoss' | 'valAccuracy' | 'valMacroF1'>;

/**
 * Whether weights are better than the best so far, by what `--keep` says; by default by accuracy where that is measured on enough
 * targets, as a model that grows too sure of its errors has a rising loss while it still makes fewer of them; else, and where
 * these are equal, by loss.
 */
function isBetter({ valLoss, valAccuracy, valMacroF1 }: Figures, { training, progress }: LoopState): boolean {
  const { bestLoss, bestAccuracy, bestMacroF1 } = progress;
  if (bestLoss === null) return true;
  const enough = training.data.validation!.tokensPerEpoch >= ENOUGH_TARGETS;
  const keep = training.config.options.keep ?? (enough ? 'accuracy' : 'loss');
  const scores = { loss: [], accuracy: [valAccuracy, bestAccuracy], 'macro-f1': [valMacroF1, bestMacroF1] };
  const [now = null, best = null] = scores[keep];
  if (now !== null && best !== null && now !== best) return now > best;
  return valLoss < bestLoss;
}
