/** The training loop: batches, steps, evaluations and checkpoints, from the first to the last. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, type Evaluated, evaluateEpoch } from '../engine/index.ts';
import { option, RunError, resumeCall } from '../errors.ts';
import { isExampleTask, parseInterval } from '../options/index.ts';
import type { RunConfig, RunDescription } from '../run/index.ts';
import {
  allFinite,
  CHECKPOINT_FILE,
  type DoneEvent,
  type EvalEvent,
  METRICS_FILE,
  openMetrics,
  type Position,
  type Progress,
  restoreCheckpoint,
  type TrainEvent,
  writeCheckpoint,
  writeModel,
} from '../run/index.ts';
import { addToAverage, withAverage } from './average.ts';
import type { TrainingData } from './data.ts';
import { learningRateAt } from './schedule.ts';

/** What the learning rate is multiplied by when a number was not finite and the run goes back to its checkpoint. */
const ROLLBACK_FACTOR = 0.25;

/** With fewer targets to validate on chance decides which weights name most of them rightly, and the loss tells more. */
const ENOUGH_TARGETS = 1000;

/** A run that is ready to train, its folder written. */
export interface Training extends RunDescription {
  engine: Engine;
  data: TrainingData;
  progress: Progress;
  /** Ends the engine's workers and lets go of the corpus. */
  close(): Promise<void>;
}

/** Share of the run that is done, in [0, 1], by the limit that will end it first, and which that is. */
export function shareDone(
  { options }: Pick<RunConfig, 'options'>,
  batchesPerEpoch: number,
  { step, elapsedSeconds }: Pick<Progress, 'step' | 'elapsedSeconds'>,
): { share: number; limit: 'steps' | 'epochs' | 'minutes' } {
  const { steps, epochs, minutes } = options;
  const shares = [
    { limit: 'steps' as const, share: steps === null ? 0 : step / steps },
    { limit: 'epochs' as const, share: epochs === null ? 0 : step / (epochs * batchesPerEpoch) },
    { limit: 'minutes' as const, share: minutes === null ? 0 : elapsedSeconds / (60 * minutes) },
  ];
  const first = shares.reduce((a, b) => (b.share > a.share ? b : a));
  return { limit: first.limit, share: Math.min(1, first.share) };
}

/**
 * Trains until a limit, `--patience` or `signal` ends the run, and yields an event for each step, evaluation and checkpoint; all
 * are kept in `metrics.jsonl` too. When `signal` is aborted, the step in hand is finished and a checkpoint written.
 *
 * The weights of a step depend on the options, the corpus and the kernel variant alone, so that a resumed run gives the
 * same bits; except that a run that `minutes` ends takes its learning rates from the clock.
 *
 * Throws a RunError when the loss stays not finite, a file can't be written, or the engine fails; the last checkpoint
 * stays whole.
 */
export async function* runTraining(training: Training, signal?: AbortSignal): AsyncGenerator<TrainEvent, void, void> {
  const { folder, config, vocabularyText, engine } = training;
  const { batches, validation } = training.data;
  const { options } = config;
  const evalEvery = options.evalEvery ?? Math.max(100, batches.batchesPerEpoch);
  const interval = parseInterval(options.checkpointEvery);
  const metrics = openMetrics(join(folder, METRICS_FILE), training.progress);

  let progress = training.progress;
  const earlierSeconds = progress.elapsedSeconds;
  const began = performance.now();
  let gaveUp = false;
  let savedAt = { step: progress.step, time: began };
  const session = { tokens: 0, seconds: 0 };

  const emit = <E extends TrainEvent>(event: E): E => {
    metrics.append(event);
    return event;
  };
  const readClock = () => {
    progress.elapsedSeconds = earlierSeconds + (performance.now() - began) / 1000;
  };
  const position = () => {
    readClock();
    const { step, tokens, elapsedSeconds } = progress;
    return { step, epoch: Number((step / batches.batchesPerEpoch).toFixed(4)), tokens, elapsedSeconds };
  };
  const checkpoint = () => {
    // Without an evaluation so far, the last average is the best that is known.
    if (progress.bestLoss === null && progress.step > 0) {
      writeModel(folder, engine.average, vocabularyText, { step: progress.step, valLoss: null });
    }
    const here = position();
    writeCheckpoint(folder, engine, progress, vocabularyText);
    savedAt = { step: progress.step, time: performance.now() };
    return emit({ event: 'checkpoint' as const, ...here });
  };
  const goBack = (what: string) => {
    const failedStep = progress.step;
    if (progress.rollbacks > 0) {
      gaveUp = true;
      throw notFinite(what, training, progress);
    }
    const { rollbacks } = progress;
    progress = restoreCheckpoint(folder, engine, vocabularyText);
    progress.rollbacks = rollbacks + 1;
    return emit({ event: 'rollback' as const, failedStep, ...position() });
  };

  try {
    yield emit({
      event: 'start' as const,
      run: folder,
      parameters: engine.parameters.reduce((sum, { data }) => sum + data.length, 0),
      vocabulary: config.vocabulary,
      trainTokens: batches.tokensPerEpoch,
      valTokens: validation?.tokensPerEpoch ?? 0,
      padding: Number(training.data.padding.toFixed(4)),
      memoryBytes: engine.memoryBytes,
      kernel: engine.kernel,
      threads: engine.threads,
      ...position(),
    });
    if (progress.step === 0) yield checkpoint();

    let reason: DoneEvent['reason'];
    for (;;) {
      readClock();
      const { share, limit } = shareDone(config, batches.batchesPerEpoch, progress);

      const due = share === 1 || progress.step % evalEvery === 0;
      if (validation && due && progress.evaluatedStep !== progress.step) {
        const evaluated = await withAverage(engine, () => evaluateEpoch(engine, validation, signal));
        if (evaluated && !Number.isFinite(evaluated.loss)) {
          yield goBack('validation loss');
          continue;
        }
        if (evaluated) {
          const figures = takeEvaluation(training, progress, evaluated);
          yield emit({ event: 'eval' as const, ...figures, ...position() });
          yield checkpoint();
        }
      }

      const patient = options.patience === null || progress.worseEvaluations < options.patience;
      if (signal?.aborted || share === 1 || !patient) {
        if (!allFinite(engine.parameters)) {
          yield goBack('weights');
          continue;
        }
        reason = signal?.aborted ? 'interrupted' : share === 1 ? limit : 'patience';
        break;
      }

      const learningRate = ROLLBACK_FACTOR ** progress.rollbacks * learningRateAt(options, progress.step, share);
      const stepBegan = performance.now();
      const result = await engine.train(batches.batch(progress.step), learningRate);
      session.seconds += (performance.now() - stepBegan) / 1000;
      session.tokens += result.tokens;
      if (!result.applied) {
        yield goBack('loss or its gradient');
        continue;
      }
      progress.step++;
      await addToAverage(engine, progress.step);
      progress.tokens += result.tokens;
      progress.trainLoss = result.loss;
      progress.lossSum += result.loss * result.tokens;
      progress.lossTokens += result.tokens;
      yield emit({
        event: 'step' as const,
        trainLoss: result.loss,
        learningRate,
        gradientNorm: result.gradientNorm,
        tokensPerSecond: session.tokens / session.seconds,
        ...position(),
      });

      const waited =
        'steps' in interval
          ? progress.step - savedAt.step >= interval.steps
          : performance.now() - savedAt.time >= 1000 * interval.seconds;
      if (waited) {
        if (allFinite(engine.parameters)) yield checkpoint();
        else yield goBack('weights');
      }
    }

    if (savedAt.step !== progress.step) yield checkpoint();
    yield emit({
      event: 'done' as const,
      reason,
      trainLoss: progress.trainLoss,
      valLoss: progress.bestLoss,
      ...(progress.bestAccuracy === null ? {} : { valAccuracy: progress.bestAccuracy }),
      bestStep: progress.bestStep,
      tokensPerSecond: session.seconds > 0 ? session.tokens / session.seconds : 0,
      ...(options.profile ? { profile: engine.profile() } : {}),
      ...position(),
    });
  } catch (error) {
    // The engine failed, or a write, which has a cause; the last checkpoint that was written is still there.
    if (!(error instanceof RunError) || gaveUp || !existsSync(join(folder, CHECKPOINT_FILE))) throw error;
    const advice = `${error.cause ? 'mend that, and ' : ''}go on with ${resumeCall(folder)}`;
    throw new RunError(`${error.message} The checkpoint of step ${savedAt.step} is whole: ${advice}.`, {
      cause: error,
    });
  } finally {
    metrics.close();
  }
}

/**
 * Takes an evaluation into the progress, and writes the average of the weights if it is the best so far; returns what
 * there is to tell.
 */
function takeEvaluation(
  { folder, engine, vocabularyText, config, data }: Training,
  progress: Progress,
  { loss, accuracy }: Evaluated,
): Omit<EvalEvent, 'event' | keyof Position> {
  const trainLoss = progress.lossSum / progress.lossTokens;
  const figures = { valLoss: loss, ...(isExampleTask(config.options.task) ? { valAccuracy: accuracy } : {}) };
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
  return { trainLoss, ...figures, best };
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

function notFinite(what: string, { folder, config }: Training, { step, bestStep }: Progress): RunError {
  const kept =
    bestStep === null
      ? `${folder} holds the last good checkpoint`
      : `${folder} holds the best weights, of step ${bestStep}`;
  return new RunError(
    `The ${what} is not finite at step ${step}, again after going back with a lower learning rate: train with a ${option('learningRate')} below ${config.options.learningRate} or a smaller ${option('clip')}; ${kept}.`,
  );
}
