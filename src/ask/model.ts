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
import { findRun, loadRun, modelConfig, type Run } from '../run/index.ts';
import { impossibleTransitions } from '../text/index.ts';

/** A run of a task with what computes its answers; each is made when it is first asked for. */
export interface Model<T extends Task = Task> extends Run {
  readonly task: T;
  /** `lm`: from a state and a token to the next state and log-probabilities. */
  readonly steps: EngineStepModel;
  /** `classify`, `tag`, `fill`: from sequences to log-probabilities. */
  readonly predictor: Predictor;
  /** `translate`: from sources to decoders. */
  readonly translator: Translator;
  /** The same model, computed on up to so many threads; asked for again, it is the same one. */
  onThreads(threads: number): Model<T>;
}

/** A model of any task, told apart by its `task`. */
export type AnyModel = { [T in Task]: Model<T> }[Task];

/**
 * Loads the best weights of a run; without a folder, of the newest run in `runs/`. With a task, only of that.
 *
 * @example
 * import { evaluate, load } from 'gatelm';
 *
 * const { accuracy } = await evaluate(load('runs/names', 'classify'), ['more.tsv']);
 * const model = load('runs/my');
 * if (model.task === 'lm') console.log((await evaluate(model)).perplexity, accuracy);
 *
 * @throws InputError if there is no run, or it is damaged, incomplete or from a newer version, or of another task.
 */
export function load(folder?: string): AnyModel;
export function load<T extends Task>(folder: string | undefined, task: T): Model<T>;
export function load(folder?: string, task?: Task): Model {
  const run = loadRun(findRun(folder));
  if (task !== undefined) demandTask(run, task);
  return createModel(run);
}

/** What takes long is computed on up to `threads` threads, all cores by default. */
export function createModel(run: Run, threads = availableParallelism()): Model {
  return modelOn(threads, run, new Map());
}

/** The model of `run` on `threads` threads; `made` are those that there are by number of threads. */
function modelOn(threads: number, run: Run, made: Map<number, Model>): Model {
  const { parameters, labels } = run;
  const config = modelConfig(run.config);
  const steps = once(() => createStepModel(config, parameters, 'auto', threads));
  const impossible = impossibleTransitions(labels, run.config.options.tagScheme);
  const predictor = once(() => createPredictor(config, parameters, 'auto', threads, impossible));
  const translator = once(() => createTranslator(config, parameters));
  const model: Model = {
    ...run,
    task: run.config.options.task,
    get steps() {
      return steps();
    },
    get predictor() {
      return predictor();
    },
    get translator() {
      return translator();
    },
    onThreads: (others) => made.get(others) ?? modelOn(others, run, made),
  };
  made.set(threads, model);
  return model;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The command that asks a model of each task. */
const COMMANDS: { readonly [T in Task]: 'sample' | 'predict' } = {
  lm: 'sample',
  classify: 'predict',
  tag: 'predict',
  translate: 'predict',
  fill: 'predict',
};

/** Throws an InputError unless the run is for one of the tasks. */
export function demandTask({ folder, config }: Pick<Run, 'folder' | 'config'>, ...tasks: Task[]): void {
  const { task } = config.options;
  if (tasks.includes(task)) return;
  const command = COMMANDS[task];
  if (tasks.some((one) => COMMANDS[one] === command)) {
    throw new InputError(`${folder} is a model of ${option('task', task)}, which is not ${tasks.join(' or ')}.`);
  }
  throw new InputError(
    command === 'sample'
      ? `${folder} is a language model, which writes text: use ${byCaller('lm sample', 'sample()')}.`
      : `${folder} is a model of ${option('task', task)}, which answers to a text: use ${byCaller('lm predict', `${task}()`)}.`,
  );
}
