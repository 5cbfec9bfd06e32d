/**
 * gatelm as a library: train a recurrent network on text files, load it, sample from it, ask it, evaluate it.
 *
 * @example
 * import { evaluate, load, sample, train } from 'gatelm';
 *
 * const { run } = await train({ files: ['my.txt'], hidden: 128, minutes: 1 });
 * const model = load(run);
 * for (const { text } of sample(model, { prompt: 'Once', temperature: 0.8 })) process.stdout.write(text);
 * console.log((await evaluate(model, ['other.txt'])).loss);
 *
 * @example
 * import { classify, load, train } from 'gatelm';
 *
 * const { run } = await train({ task: 'classify', files: ['names.tsv'] });
 * const [[{ label, probability }]] = classify(load(run), ['Satoshi']);
 */

import { type GivenOptions, readOptions } from './options/index.ts';
import type { DoneEvent, TrainEvent } from './run/index.ts';
import { type Origin, openTraining, runTraining } from './train/index.ts';

export {
  type AnyModel,
  type AskOptions,
  classify,
  type Filling,
  type FillOptions,
  fill,
  type LabelProbability,
  load,
  type Model,
  type SampleOptions,
  type Score,
  type ScoredToken,
  type ScoreOptions,
  type SearchOptions,
  sample,
  score,
  search,
  type TaggedToken,
  type TokenProbability,
  type TranslateOptions,
  type Translation,
  tag,
  translate,
} from './ask/index.ts';
export type { Hypothesis, SampledToken } from './decode/index.ts';
export type { Tensor } from './engine/index.ts';
export { InputError, RunError } from './errors.ts';
export {
  type ClassificationMeasures,
  type ClassifyEvaluation,
  type ClassMeasures,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type FileEvaluation,
  type FillEvaluation,
  type TagEvaluation,
  type TextEvaluation,
  type TranslateEvaluation,
} from './measure/index.ts';
export type { Task } from './model/index.ts';
export type { GivenOptions, TrainOptions } from './options/index.ts';
export type {
  CheckpointEvent,
  DoneEvent,
  EvalEvent,
  Place,
  RollbackEvent,
  Run,
  RunConfig,
  StartEvent,
  StepEvent,
  TrainEvent,
} from './run/index.ts';
export type { FileFormat, FileShare, Remark, Tokenizer } from './text/index.ts';
export type { Origin } from './train/index.ts';

/** Where a training run is written, and who hears of it. */
export interface TrainSurroundings extends Origin {
  /** Called after each step, evaluation and checkpoint, and waited for. */
  onEvent?: (event: TrainEvent) => void | Promise<void>;
  /** Aborting it ends the run after the step in hand, with a checkpoint. */
  signal?: AbortSignal;
}

/**
 * Trains a model and writes its run folder. Options are those of `lm train`, in camel case, with the same defaults. Returns
 * the last event and the run's folder.
 *
 * @throws InputError for options or files that are wrong, before anything is written.
 * @throws RunError when training fails; the last checkpoint stays whole.
 */
export async function train(options: GivenOptions & TrainSurroundings = {}): Promise<{ run: string; done: DoneEvent }> {
  const { out, name, overwrite, resume, fromPrevious, initFrom, onEvent, signal, ...rest } = options;
  const place = { out, name, overwrite, resume, fromPrevious, initFrom };
  const training = await openTraining(readOptions(rest), place);
  try {
    let last: TrainEvent | undefined;
    for await (const event of runTraining(training, signal)) {
      last = event;
      await onEvent?.(event);
    }
    return { run: training.folder, done: last as DoneEvent };
  } finally {
    await training.close();
  }
}
