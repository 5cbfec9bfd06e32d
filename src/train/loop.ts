/** The training loop: batches, steps, evaluations and checkpoints, from the first to the last. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StepResult } from '../engine/index.ts';
import { RunError, resumeCall } from '../errors.ts';
import {
  allFinite,
  CHECKPOINT_FILE,
  type DoneEvent,
  type StartEvent,
  type StepEvent,
  type TrainEvent,
} from '../run/index.ts';
import { addToAverage } from './average.ts';
import { checkpointIsDue, goBack, saveCheckpoint } from './checkpoints.ts';
import { evaluateAverage, evaluationIsDue, expectEvaluation, takeEvaluation } from './evaluation.ts';
import { type LoopState, openLoop, positionOf, readClock, record, tokensPerSecond } from './loop-state.ts';
import { learningRateAt } from './schedule.ts';
import { hasStoppedImproving, refuseDivergence } from './stopping.ts';
import { shareDone, type Training } from './training.ts';

/** Files whose shares an event tells: a line of metrics has an end. */
const MOST_SHARES = 100;

/** What the learning rate is multiplied by when a number was not finite and the run goes back to its checkpoint. */
const ROLLBACK_FACTOR = 0.25;

/**
 * Trains until a limit, `--patience` or `signal` ends the run, and yields an event for each step, evaluation and checkpoint; all
 * are kept in `metrics.jsonl` too. When `signal` is aborted, the step in hand is finished and a checkpoint written.
 *
 * The weights of a step depend on the options, the corpus and the kernel variant alone, so that a resumed run gives the
 * same bits; except that a run that `minutes` ends takes its learning rates from the clock.
 *
 * Throws a RunError when the loss stays not finite or far above guessing, a file can't be written, or the engine fails; the last checkpoint
 * stays whole.
 */
export async function* runTraining(training: Training, signal?: AbortSignal): AsyncGenerator<TrainEvent, void, void> {
  const { config, engine, data } = training;
  const state = openLoop(training);
  try {
    yield record(state, startEvent(state));
    if (state.progress.step === 0) yield record(state, saveCheckpoint(state));

    for (;;) {
      readClock(state);
      const done = shareDone(config, data.batches.batchesPerEpoch, state.progress);

      if (evaluationIsDue(state, done.share)) {
        const began = performance.now();
        const evaluated = await evaluateAverage(state, done.share, signal);
        if (evaluated && !Number.isFinite(evaluated.loss)) {
          yield record(state, goBack(state, 'validation loss'));
          continue;
        }
        if (evaluated) {
          refuseDivergence(state, evaluated.loss, done.share === 1);
          yield record(state, takeEvaluation(state, evaluated));
          yield record(state, saveCheckpoint(state));
          if (evaluated.part === 1) state.progress.evaluationSeconds = (performance.now() - began) / 1000;
        }
      }

      const reason = reasonToStop(state, done, signal);
      if (reason !== undefined) {
        if (!allFinite(engine.parameters)) {
          yield record(state, goBack(state, 'weights'));
          continue;
        }
        if (data.validation === undefined && reason !== 'interrupted') refuseDivergence(state, null, true);
        if (state.saved.step !== state.progress.step) yield record(state, saveCheckpoint(state));
        yield record(state, doneEvent(state, reason));
        return;
      }

      const learningRate =
        ROLLBACK_FACTOR ** state.progress.rollbacks * learningRateAt(config.options, state.progress.step, done.share);
      const result = await timed(state, () => engine.train(data.batches.batch(state.progress.step), learningRate));
      if (!result.applied) {
        yield record(state, goBack(state, 'loss or its gradient'));
        continue;
      }
      await takeStep(state, result);
      expectEvaluation(state);
      yield record(state, stepEvent(state, result, learningRate));

      if (!checkpointIsDue(state)) continue;
      if (allFinite(engine.parameters)) yield record(state, saveCheckpoint(state));
      else yield record(state, goBack(state, 'weights'));
    }
  } catch (error) {
    throw withAdvice(state, error);
  } finally {
    state.metrics.close();
  }
}

/** Why the run ends here; `undefined` while it goes on. */
function reasonToStop(
  { training: { config }, progress }: LoopState,
  { share, limit }: ReturnType<typeof shareDone>,
  signal: AbortSignal | undefined,
): DoneEvent['reason'] | undefined {
  if (signal?.aborted) return 'interrupted';
  if (share === 1) return limit;
  return hasStoppedImproving(config, progress) ? 'patience' : undefined;
}

/** Counts a step's time and its tokens for the speed of the session, whether it was applied or not. */
async function timed({ trained }: LoopState, train: () => Promise<StepResult>): Promise<StepResult> {
  const began = performance.now();
  const result = await train();
  trained.seconds += (performance.now() - began) / 1000;
  trained.tokens += result.tokens;
  return result;
}

/** Takes a step into the progress, and its weights into the average. */
async function takeStep({ training: { engine }, progress }: LoopState, { loss, tokens }: StepResult): Promise<void> {
  progress.step++;
  await addToAverage(engine, progress.step);
  progress.tokens += tokens;
  progress.trainLoss = loss;
  progress.lossSum += loss * tokens;
  progress.lossTokens += tokens;
}

function startEvent(state: LoopState): StartEvent {
  const { folder, config, engine, data } = state.training;
  return {
    event: 'start',
    run: folder,
    parameters: engine.parameters.reduce((sum, { data }) => sum + data.length, 0),
    vocabulary: config.vocabulary,
    trainTokens: data.batches.tokensPerEpoch,
    valTokens: data.validation?.tokensPerEpoch ?? 0,
    valSpellingBits: data.unknown.valid.spellingBits,
    padding: Number(data.padding.toFixed(4)),
    memoryBytes: engine.memoryBytes,
    kernel: engine.kernel,
    precision: engine.precision,
    threads: engine.threads,
    ...(data.shares.length > 0 && data.shares.length <= MOST_SHARES ? { shares: data.shares } : {}),
    remarks: data.remarks,
    ...positionOf(state),
  };
}

function stepEvent(state: LoopState, { loss, gradientNorm }: StepResult, learningRate: number): StepEvent {
  return {
    event: 'step',
    trainLoss: loss,
    learningRate,
    gradientNorm,
    tokensPerSecond: tokensPerSecond(state),
    ...positionOf(state),
  };
}

function doneEvent(state: LoopState, reason: DoneEvent['reason']): DoneEvent {
  const { training, progress } = state;
  return {
    event: 'done',
    reason,
    trainLoss: progress.trainLoss,
    valLoss: progress.bestLoss,
    ...(progress.bestAccuracy === null ? {} : { valAccuracy: progress.bestAccuracy }),
    ...(progress.bestMacroF1 === null ? {} : { valMacroF1: progress.bestMacroF1 }),
    bestStep: progress.bestStep,
    tokensPerSecond: tokensPerSecond(state),
    ...(training.config.options.profile ? { profile: training.engine.profile() } : {}),
    ...positionOf(state),
  };
}

/** The error that ends a run; where its last checkpoint is whole, it says how to go on from there. */
function withAdvice({ training: { folder }, saved, gaveUp }: LoopState, error: unknown): unknown {
  // The engine failed, or a write, which has a cause; the last checkpoint that was written is still there.
  if (!(error instanceof RunError) || gaveUp || !existsSync(join(folder, CHECKPOINT_FILE))) return error;
  const advice = `${error.cause ? 'mend that, and ' : ''}go on with ${resumeCall(folder)}`;
  return new RunError(`${error.message} The checkpoint of step ${saved.step} is whole: ${advice}.`, { cause: error });
}
