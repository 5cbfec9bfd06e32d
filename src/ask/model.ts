/** A trained model, ready for whatever its task is. */

import { availableParallelism } from 'node:os';
import {
  createPredictor,
  createStepModel,
  createTranslator,
  type EngineStepModel,
  type Predictor,
  type Translator,
} from '../engine/index.ts';
import { byCaller, InputError, option } from '../errors.ts';
import type { Task } from '../model/index.ts';
import { modelConfig, type Run } from '../run/index.ts';

/** A run with what computes its answers; each is made when it is first asked for. */
export interface Model extends Run {
  /** `lm`: from a state and a token to the next state and log-probabilities. */
  readonly steps: EngineStepModel;
  /** `classify`, `tag`, `fill`: from sequences to log-probabilities. */
  readonly predictor: Predictor;
  /** `translate`: from sources to decoders. */
  readonly translator: Translator;
}

/** Long texts are written on up to `threads` threads, all cores by default. */
export function createModel(run: Run, threads = availableParallelism()): Model {
  const { parameters } = run;
  const config = modelConfig(run.config);
  const steps = once(() => createStepModel(config, parameters, 'auto', threads));
  const predictor = once(() => createPredictor(config, parameters));
  const translator = once(() => createTranslator(config, parameters));
  return {
    ...run,
    get steps() {
      return steps();
    },
    get predictor() {
      return predictor();
    },
    get translator() {
      return translator();
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Throws an InputError unless the run is for one of the tasks. */
export function demandTask({ folder, config }: Pick<Run, 'folder' | 'config'>, ...tasks: Task[]): void {
  const { task } = config.options;
  if (tasks.includes(task)) return;
  throw new InputError(
    task === 'lm'
      ? `${folder} is a language model, which writes text: use ${byCaller('lm sample', 'sample()')}.`
      : `${folder} is a model of ${option('task', task)}, which ${tasks.includes('lm') ? `answers to a text: use ${byCaller('lm predict', `${task}()`)}` : `is not ${tasks.join(' or ')}`}.`,
  );
}
