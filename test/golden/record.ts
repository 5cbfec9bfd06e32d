/** Trains a golden case and says what came of it. */

import { join } from 'node:path';
import { type TrainEvent, type TrainOptions, type TrainSurroundings, train } from '../../src/index.ts';
import type { TrainCase } from './cases.ts';
import { type Data, writeBroken } from './data.ts';
import { tensorsHash, valueHash, vocabulariesHash } from './hash.ts';

/** Of a run: SHA-256 of its tensors and vocabularies, and what it said of itself. */
export interface Trained {
  model: string;
  checkpoint: string;
  vocabularies: string;
  /** Of loss, learning rate and norm of the gradient of each step, and of each evaluation. */
  curve: string;
  trainLoss: number | null;
  valLoss: number | null;
  valAccuracy: number | null;
  step: number;
  bestStep: number | null;
}

/** Trains, up to the step `stopAt` if it is given. */
export async function trainAndRecord(
  options: Partial<TrainOptions> & TrainSurroundings,
  stopAt?: number,
): Promise<Trained> {
  const stop = new AbortController();
  const curve: unknown[] = [];
  const onEvent = (event: TrainEvent): void => {
    if (event.event === 'step') curve.push([event.step, event.trainLoss, event.learningRate, event.gradientNorm]);
    if (event.event === 'step' && event.step === stopAt) stop.abort();
    if (event.event === 'eval') curve.push([event.step, event.valLoss, event.valAccuracy ?? null]);
  };
  const { run, done } = await train({ ...options, onEvent, signal: stop.signal });
  return {
    model: tensorsHash(join(run, 'model.safetensors')),
    checkpoint: tensorsHash(join(run, 'checkpoint.safetensors')),
    vocabularies: vocabulariesHash(run),
    curve: valueHash(curve),
    trainLoss: done.trainLoss,
    valLoss: done.valLoss,
    valAccuracy: done.valAccuracy ?? null,
    step: done.step,
    bestStep: done.bestStep,
  };
}

/** Trains a case on the texts at `paths`; its run is in `folder/<name>`, beside that of the case it begins with. */
export function recordCase(
  name: string,
  { data, options, valid, initFrom }: TrainCase,
  paths: Data,
  folder: string,
  stopAt?: number,
): Promise<Trained> {
  const broken = `${paths['tales.txt']}.broken`;
  if (data === 'broken') writeBroken(broken);
  const surroundings = {
    files: data === 'broken' ? [broken] : data.map((one) => paths[one]),
    ...(valid === undefined ? {} : { valid: paths[valid] }),
    ...(initFrom === undefined ? {} : { initFrom: join(folder, initFrom) }),
    out: join(folder, name),
  };
  return trainAndRecord({ ...options, ...surroundings }, stopAt);
}
