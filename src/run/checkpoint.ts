/**
 * The two files of a run that hold numbers, both safetensors: `model.safetensors`, the best weights so far, and
 * `checkpoint.safetensors`, the whole training state. Each carries a SHA-256 of everything that matters in it and of
 * the vocabularies that belong to it, so that a damaged or mixed-up file is noticed.
 */

import { createHash, type Hash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, Tensor } from '../engine/index.ts';
import { InputError, option, resumeCall } from '../errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../interop/index.ts';
import { elementCount, type ParameterSpec } from '../model/index.ts';
import { readRunFile, writeError, writeFileAtomic } from './files.ts';
import { isObject } from './json.ts';

export const MODEL_FILE = 'model.safetensors';
export const CHECKPOINT_FILE = 'checkpoint.safetensors';
export const PREVIOUS_CHECKPOINT_FILE = 'checkpoint.previous.safetensors';

/** How far a run has come: all that the training loop knows besides the engine's numbers. */
export interface Progress {
  /** Optimizer steps taken, which is also the number of the next batch. */
  step: number;
  tokens: number;
  elapsedSeconds: number;
  /** Summed training loss and tokens since the last evaluation. */
  lossSum: number;
  lossTokens: number;
  /** Loss of the last step. */
  trainLoss: number | null;
  /** Step of the last evaluation. */
  evaluatedStep: number;
  /** Validation loss of the best weights so far, accuracy and macro F1 in tasks that are measured by them, and their step. */
  bestLoss: number | null;
  bestAccuracy: number | null;
  bestMacroF1: number | null;
  bestStep: number | null;
  /** Evaluations since then, and how many of the last ones in a row had a loss clearly above that of the best weights. */
  worseEvaluations: number;
  risenEvaluations: number;
  /** What an evaluation takes, with its checkpoint: as the last one did, or as it is expected. */
  evaluationSeconds: number;
  /** Times that the run went back because a number was not finite; each lowers the learning rate. */
  rollbacks: number;
}

export const initialProgress: Progress = {
  step: 0,
  tokens: 0,
  elapsedSeconds: 0,
  lossSum: 0,
  lossTokens: 0,
  trainLoss: null,
  evaluatedStep: 0,
  bestLoss: null,
  bestAccuracy: null,
  bestMacroF1: null,
  bestStep: null,
  worseEvaluations: 0,
  risenEvaluations: 0,
  evaluationSeconds: 0,
  rollbacks: 0,
};

/** Writes weights as the run's model. What validation found is theirs, if known. */
export function writeModel(
  folder: string,
  weights: readonly Tensor[],
  vocabularyText: string,
  about: { step: number; valLoss: number | null; valAccuracy?: number; valMacroF1?: number },
): void {
  writeTensors(join(folder, MODEL_FILE), weights, about, vocabularyText);
}

/** Weights of a run, checked against the shapes that its configuration asks for. `hash` is given the bytes that were read. */
export function readModel(
  folder: string,
  shapes: readonly Pick<ParameterSpec, 'name' | 'shape'>[],
  vocabularyText: string,
  hash?: Hash,
): Tensor[] {
  const path = join(folder, MODEL_FILE);
  const { tensors } = readTensors(path, vocabularyText, hash);
  return pick(tensors, shapes, '', path);
}

/** Writes the whole training state; the checkpoint before it is kept beside it. */
export function writeCheckpoint(folder: string, engine: Engine, progress: Progress, vocabularyText: string): void {
  const path = join(folder, CHECKPOINT_FILE);
  const tensors = [
    ...engine.parameters,
    ...prefixed('average.', engine.average),
    ...prefixed('optimizer.', engine.moments),
    ...prefixed('state.', engine.readState()),
  ];
  if (existsSync(path)) secondName(path, join(folder, PREVIOUS_CHECKPOINT_FILE));
  writeTensors(path, tensors, progress, vocabularyText);
}

/** Gives a file a second name, in place of another file's, in a way that leaves both names whole at every moment. */
function secondName(path: string, second: string): void {
  const temporary = `${second}.tmp`;
  try {
    rmSync(temporary, { force: true });
    try {
      linkSync(path, temporary);
    } catch {
      copyFileSync(path, temporary); // a file system without hard links
    }
    renameSync(temporary, second);
    rmSync(temporary, { force: true }); // two names of one file are not renamed to each other
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeError(second, error);
  }
}

/**
 * Puts the run's checkpoint into the engine and returns how far it had come. With `fromPrevious` that is the one before the last, which
 * then takes the last one's place.
 */
export function restoreCheckpoint(
  folder: string,
  engine: Engine,
  vocabularyText: string,
  fromPrevious = false,
): Progress {
  const path = join(folder, fromPrevious ? PREVIOUS_CHECKPOINT_FILE : CHECKPOINT_FILE);
  const { about, tensors } = readCheckpointTensors(folder, vocabularyText, fromPrevious);
  const progress = parseProgress(about, path);
  const state = engine.readState();
  const parameters = pick(tensors, engine.parameters, '', path);
  // Earlier versions kept no average: it begins with the weights.
  const averaged = [...tensors.keys()].some((name) => name.startsWith('average.'));
  const average = averaged ? pick(tensors, engine.average, 'average.', path) : parameters;
  const moments = pick(tensors, engine.moments, 'optimizer.', path);
  const newState = pick(tensors, state, 'state.', path);
  engine.parameters.forEach(({ data }, i) => {
    data.set(parameters[i].data);
  });
  engine.average.forEach(({ data }, i) => {
    data.set(average[i].data);
  });
  engine.moments.forEach(({ data }, i) => {
    data.set(moments[i].data);
  });
  engine.writeState(newState);
  engine.updates = progress.step;
  if (fromPrevious) secondName(path, join(folder, CHECKPOINT_FILE));
  return progress;
}

function readCheckpointTensors(folder: string, vocabularyText: string, fromPrevious: boolean): TensorFile {
  const path = join(folder, CHECKPOINT_FILE);
  const previous = join(folder, PREVIOUS_CHECKPOINT_FILE);
  if (!existsSync(path) && !existsSync(previous)) {
    throw new InputError(
      `${folder} has no checkpoint to go on from: start the run again, with ${option('overwrite', true)}.`,
    );
  }
  if (fromPrevious) {
    if (!existsSync(previous))
      throw new InputError(`${folder} has one checkpoint only: leave out ${option('fromPrevious')}.`);
    return readTensors(previous, vocabularyText);
  }
  try {
    return readTensors(path, vocabularyText);
  } catch (error) {
    if (!(error instanceof InputError) || !isWhole(previous, vocabularyText)) throw error;
    throw new InputError(
      `${error.message} The checkpoint before it is whole: go on from there with ${resumeCall(folder, { fromPrevious: true })}.`,
      { cause: error },
    );
  }
}

function isWhole(path: string, vocabularyText: string): boolean {
  try {
    readTensors(path, vocabularyText);
    return true;
  } catch {
    return false;
  }
}

function parseProgress(json: unknown, path: string): Progress {
  // Earlier versions knew less.
  const since = { bestAccuracy: null, bestMacroF1: null, risenEvaluations: 0, evaluationSeconds: 0 };
  const about: Record<string, unknown> = { ...since, ...(isObject(json) ? json : {}) };
  const progress = { ...initialProgress };
  for (const name of Object.keys(progress) as (keyof Progress)[]) {
    const value = Object.hasOwn(about, name) ? about[name] : undefined;
    const nullable = initialProgress[name] === null;
    if (!((nullable && value === null) || (typeof value === 'number' && Number.isFinite(value) && value >= 0))) {
      throw new InputError(`${path} is damaged: its "${name}" is missing or no number.`);
    }
    (progress as Record<string, unknown>)[name] = value;
  }
  if (!Number.isSafeInteger(progress.step)) throw new InputError(`${path} is damaged: its "step" is no whole number.`);
  return progress;
}

export function allFinite(tensors: readonly Tensor[]): boolean {
  return tensors.every(({ data }) => {
    // A sum of finite float32 values is finite in double precision, and one NaN or infinity shows in it.
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += data[i] * 0;
    return sum === 0;
  });
}

interface TensorFile {
  about: unknown;
  tensors: Map<string, Tensor>;
}

function writeTensors(path: string, tensors: readonly Tensor[], about: object, vocabularyText: string): void {
  const text = JSON.stringify(about);
  const metadata = { format: 'gatelm', about: text, checksum: checksum(tensors, text, vocabularyText) };
  writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}

/** Reads and checks a file that `writeTensors` wrote. */
function readTensors(path: string, vocabularyText: string, hash?: Hash): TensorFile {
  const bytes = readRunFile(path);
  hash?.update(bytes);
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const text = metadata.about ?? '';
  if (metadata.checksum !== checksum(tensors, text, vocabularyText)) {
    throw new InputError(`${path} is damaged, or belongs to another vocabulary: its checksum differs.`);
  }
  let about: unknown;
  try {
    about = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is damaged: its description is not JSON.`, { cause: error });
  }
  return { about, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
}

function checksum(tensors: readonly Tensor[], about: string, vocabularyText: string): string {
  const hash = createHash('sha256').update(JSON.stringify([about, vocabularyText]));
  for (const { name, shape, data } of [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(JSON.stringify([name, shape])).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** The tensors named in `wanted`, in that order, each with the shape asked for. */
function pick(
  tensors: ReadonlyMap<string, Tensor>,
  wanted: readonly Pick<ParameterSpec, 'name' | 'shape'>[],
  prefix: string,
  path: string,
): Tensor[] {
  return wanted.map(({ name, shape }) => {
    const tensor = tensors.get(prefix + name);
    const expected = `[${shape.join(', ')}]`;
    if (tensor === undefined) throw new InputError(`${path} is incomplete: ${prefix}${name} ${expected} is missing.`);
    if (`[${tensor.shape.join(', ')}]` !== expected || tensor.data.length !== elementCount(shape)) {
      throw new InputError(
        `${path} does not fit config.json: ${prefix}${name} is [${tensor.shape.join(', ')}], not ${expected}.`,
      );
    }
    return { name, shape, data: tensor.data };
  });
}

function prefixed(prefix: string, tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) => ({ ...tensor, name: prefix + tensor.name }));
}
