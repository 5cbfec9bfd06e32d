/** How well a model does on files that it was not trained on. */

import { availableParallelism } from 'node:os';
import type { Model } from '../ask/index.ts';
import { InputError } from '../errors.ts';
import type { Task } from '../model/index.ts';
import { expandPatterns, type FileFormat, type Remark } from '../text/index.ts';
import { type ClassifyEvaluation, classify } from './classify.ts';
import { type FillEvaluation, fill } from './fill.ts';
import { lm, type TextEvaluation } from './lm.ts';
import type { Meter, Whole } from './meter.ts';
import { type TagEvaluation, tag } from './tag.ts';
import { type TranslateEvaluation, translate } from './translate.ts';

type Figures = TextEvaluation | ClassifyEvaluation | TagEvaluation | TranslateEvaluation | FillEvaluation;

/** What is measured on a file: by the model's task. Losses are nats. */
export type FileEvaluation = { file: string } & Figures;

/** The same over all files, and for each of them. */
export type Evaluation =
  | Whole<TextEvaluation>
  | Whole<ClassifyEvaluation>
  | Whole<TagEvaluation>
  | Whole<TranslateEvaluation>
  | Whole<FillEvaluation>;

export interface EvaluateOptions {
  /** Puts U+FFFD in the place of bytes that are not UTF-8. */
  lossy?: boolean | undefined;
  /** Which columns hold what, and the format of the files; as the run has it by default. */
  columns?: string | undefined;
  fileFormat?: FileFormat | undefined;
  /** Refuses what is longer than the run's `maxLength`, and labels that the model does not know. */
  strict?: boolean | undefined;
  /** Called with what there is to say about how a file was read. */
  onRemark?: ((remark: Remark) => void) | undefined;
  /** Threads to compute on, which changes no result; all cores by default. */
  threads?: number | undefined;
  /** `translate`: hypotheses of a beam search; greedy without it. */
  beam?: number | undefined;
}

const METERS: { readonly [T in Task]: Meter<Extract<Figures, { task: T }>> } = { lm, classify, tag, translate, fill };

/**
 * Measures a model on each of the files, and on all of them together. Each is read as the training files were, by the model's own
 * tokenizers and labels.
 *
 * @example
 * const { files } = await evaluate(load('runs/my'), ['a.txt', 'b.txt']);
 *
 * @throws InputError without files, for a file that can't be read as text, and a line that is no example of the model's
 *   task, a file of labels none of which the model knows, and what `strict` refuses.
 */
export async function evaluate(
  model: Model,
  files: readonly string[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  if (files.length === 0) throw new InputError('There is no file to measure the model on: name one or more.');
  const trained = model.config.options;
  const { threads = availableParallelism(), beam } = options;
  const reading = {
    lossy: options.lossy ?? false,
    strict: options.strict ?? false,
    columns: options.columns ?? trained.columns ?? undefined,
    fileFormat: options.fileFormat ?? trained.fileFormat ?? undefined,
  };
  const { onRemark = () => {} } = options;
  const meter = METERS[trained.task];
  return meter(model.onThreads(threads), await expandPatterns(files), { reading, onRemark, threads, beam });
}
