/** Getting a run ready to train: a new one, or one to go on with. */

import { createRequire } from 'node:module';
import { choosePrecision, createEngine, type Engine } from '../engine/index.ts';
import { InputError, option } from '../errors.ts';
import { chooseCutoffs, type ModelConfig } from '../model/index.ts';
import {
  type CompleteOptions,
  completeOptions,
  defaultMinutes,
  resumeOptions,
  type TrainOptions,
} from '../options/index.ts';
import {
  absolutePath,
  CONFIG_FORMAT,
  chooseFolder,
  createRun,
  describeRun,
  initialProgress,
  lockFolder,
  modelConfig,
  outputCount,
  type Place,
  type RunConfig,
  type RunDescription,
  removeUnfinished,
  restoreCheckpoint,
  vocabularyFiles,
  writeConfig,
} from '../run/index.ts';
import { expandPatterns, impossibleTransitions } from '../text/index.ts';
import { defaultName, readTrainingData, readTrainingDataAgain } from './data/read.ts';
import type { TrainingData } from './data/training-data.ts';
import { copyWeights, optionsFrom } from './init.ts';
import { hasStoppedImproving } from './stopping.ts';
import { shareDone, type Training } from './training.ts';

/** Where a run is written, and what it begins with. */
export interface Origin extends Place {
  /** Folder of a run to go on with; then limits may be raised, and options that would change the model are refused. */
  resume?: string | undefined;
  /** With `resume`: goes on from the checkpoint before the last, where that one is damaged. */
  fromPrevious?: boolean | undefined;
  /** Folder of a run to take the weights from, of the tokens that both know. */
  initFrom?: string | undefined;
}

/**
 * A run ready to train: a new one, or with `resume` one to go on with.
 *
 * @throws InputError for options, files or a place that won't do, before anything is written.
 */
export async function openTraining(asked: Partial<TrainOptions>, origin: Origin): Promise<Training> {
  const { resume, fromPrevious = false, initFrom, ...place } = origin;
  const given = asked.files === undefined ? asked : { ...asked, files: await expandPatterns(asked.files) };
  if (resume === undefined) {
    if (fromPrevious) throw new InputError(`${option('fromPrevious')} needs ${option('resume')}.`);
    return startTraining(
      completeOptions(initFrom === undefined ? given : optionsFrom(initFrom, given)),
      place,
      initFrom,
    );
  }
  if (place.out !== undefined || place.name !== undefined || place.overwrite || initFrom !== undefined) {
    throw new InputError(
      `${option('resume')} goes on in its own folder: leave out ${option('out')}, ${option('name')}, ${option('overwrite')} and ${option('initFrom')}.`,
    );
  }
  return resumeTraining(resume, given, fromPrevious);
}

/**
 * Reads the corpus, makes the model and writes the run's folder. Nothing is written before all else has succeeded.
 *
 * @throws InputError for options, files or a place that won't do.
 */
async function startTraining(options: CompleteOptions, place: Place, initFrom?: string): Promise<Training> {
  const folder = chooseFolder(options.files, place, defaultName(options.task));
  const data = await readTrainingData(options);
  const limited = options.epochs !== null || options.steps !== null || options.minutes !== null;
  const minutes = options.files.length === 0 ? 1 : defaultMinutes(data.tokens);
  const config: RunConfig = {
    format: CONFIG_FORMAT,
    gatelm: programVersion(),
    node: process.version,
    options: {
      ...options,
      files: options.files.map(absolutePath),
      valid: options.valid === null ? null : absolutePath(options.valid),
      minutes: limited ? options.minutes : minutes,
      tagScheme: data.tagScheme?.scheme ?? null,
      // What `auto` is here, so that the run goes on with it elsewhere.
      precision: choosePrecision(options.precision, options.kernel),
      batchSize: data.batchSize,
      ...(data.examples ? {} : { seqLength: data.sequenceLength }),
    },
    vocabulary: data.tokenizer.vocabulary.length,
    classes: outputCount(data),
    longest: data.longest ?? null,
    cutoffs: options.softmax === 'adaptive' ? chooseCutoffs(data.countTokens!(), options.hidden) : null,
    corpus: data.files,
    kernel: '',
    initFrom: null,
  };
  const engine = await trainingEngine(modelConfig(config), config.options, data);
  let unlock = () => {};
  const close = closing(engine, data, () => unlock());
  try {
    const files = vocabularyFiles(data);
    if (initFrom !== undefined) config.initFrom = copyWeights(initFrom, engine.parameters, config, data.tokenizer);
    config.kernel = engine.kernel;
    unlock = createRun(folder, config, files, place.overwrite);
    const { tokenizer, targetTokenizer, labels } = data;
    const vocabularyText = files.map(({ text }) => text).join('');
    const run = { folder, config, tokenizer, targetTokenizer, labels, vocabularyText };
    return { ...run, engine, data, progress: { ...initialProgress }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Reads a run back so that training goes on as if it had never stopped. `given` may raise limits and change what the
 * model does not depend on.
 *
 * @throws InputError for a run that is damaged, at its end or trained by another process, a corpus that has changed,
 * and options that would change the model.
 */
async function resumeTraining(folder: string, given: Partial<TrainOptions>, fromPrevious: boolean): Promise<Training> {
  const run = describeRun(folder);
  const unlock = lockFolder(folder);
  try {
    return await goOn(run, given, fromPrevious, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function goOn(
  run: RunDescription,
  given: Partial<TrainOptions>,
  fromPrevious: boolean,
  unlock: () => void,
): Promise<Training> {
  const { folder } = run;
  const { files, valid } = given;
  const options = resumeOptions(run.config.options, {
    ...given,
    ...(files ? { files: files.map(absolutePath) } : {}),
    ...(valid ? { valid: absolutePath(valid) } : {}),
  });
  const data = await readTrainingDataAgain(run, options, { files, valid });
  const config = { ...run.config, options, corpus: data.files };
  const engine = await trainingEngine(modelConfig(config), options, data);
  const close = closing(engine, data, unlock);
  try {
    const progress = restoreCheckpoint(folder, engine, run.vocabularyText, fromPrevious);
    const { share, limit } = shareDone(config, data.batches.batchesPerEpoch, progress);
    // A kill may have come between the last step and its evaluation.
    const evaluated = data.validation === undefined || progress.evaluatedStep === progress.step;
    if (share === 1 && evaluated) {
      throw new InputError(`${folder} is at its end, ${options[limit]} ${limit}: raise ${option(limit)} to go on.`);
    }
    if (hasStoppedImproving(config, progress)) {
      throw new InputError(`${folder} stopped improving: go on with ${option('patience', 0)}, which is to its limits.`);
    }
    removeUnfinished(folder);
    writeConfig(folder, config);
    return { ...run, config, engine, data, progress, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function trainingEngine(model: ModelConfig, options: CompleteOptions, data: TrainingData): Promise<Engine> {
  const { batchSize, threads, kernel, precision, profile } = options;
  const { optimizer, weightDecay, clip, dropout, labelSmoothing, seed } = options;
  try {
    return await createEngine({
      model,
      batchSize,
      sequenceLength: data.sequenceLength,
      ...(data.sourceLength === undefined ? {} : { sourceLength: data.sourceLength }),
      impossible: impossibleTransitions(data.labels, options.tagScheme),
      threads,
      kernel,
      precision: choosePrecision(precision, kernel),
      profile,
      training: {
        optimizer: { name: optimizer, weightDecay, clip },
        dropout,
        labelSmoothing,
        ...(options.classWeights === 'balanced' ? { classWeights: balancedWeights(data.countLabels!()) } : {}),
        seed,
      },
    });
  } catch (error) {
    data.close();
    throw error;
  }
}

/** Weights by which each class that occurs counts for as much as any other, with a mean of 1 over all that occurs (King and Zeng 2001). */
function balancedWeights(counts: Float64Array): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const classes = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  return Array.from(counts, (count) => (count > 0 ? total / (classes * count) : 1));
}

function closing(engine: Engine, data: TrainingData, unlock: () => void): () => Promise<void> {
  return async () => {
    data.close();
    await engine.close();
    unlock();
  };
}

function programVersion(): string {
  return (createRequire(import.meta.url)('../../package.json') as { version: string }).version;
}
