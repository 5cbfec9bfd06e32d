/** How well a model does on files that it was not trained on. */

import { availableParallelism } from 'node:os';
import type { Model } from '../ask/index.ts';
import type { Task } from '../model/index.ts';
import { type Named, refuseUnknown } from '../options/index.ts';
import { recordFiles, roleOf, validatedPart } from '../run/index.ts';
import { type ClassifyEvaluation, classify } from './classify.ts';
import { type FillEvaluation, fill } from './fill.ts';
import { lm, type TextEvaluation } from './lm.ts';
import type { Meter, Source } from './meter.ts';
import { type TagEvaluation, tag } from './tag.ts';
import { type TranslateEvaluation, translate } from './translate.ts';

type Figures = TextEvaluation | ClassifyEvaluation | TagEvaluation | TranslateEvaluation | FillEvaluation;

/** What is measured of a model, by its task. Losses are nats. */
type FiguresOf<T extends Task> = Extract<Figures, { task: T }>;

/** What is measured on a file. */
export type FileEvaluation<T extends Task = Task> = FiguresOf<T> & {
  file: string;
  /** Whether the run was trained on this file, or validated on it, by which its weights were chosen; absent for any other. */
  seen?: 'trained' | 'validated';
};

/** The same over all files, and for each of them. */
export type Evaluation<T extends Task = Task> = {
  [One in T]: FiguresOf<One> & {
    /** Whether this is what the run held out, or was given to validate on; then there are no files. */
    heldOut: boolean;
    files: FileEvaluation<One>[];
  };
}[T];

export interface EvaluateOptions {
  /** Puts U+FFFD in the place of bytes that are not UTF-8. */
  lossy?: boolean | undefined;
  /** Threads to compute on, which changes no result; all cores by default. */
  threads?: number | undefined;
  /** `translate`: hypotheses of a beam search; greedy without it. */
  beam?: number | undefined;
}

const EVALUATE_OPTIONS: Named<EvaluateOptions> = { lossy: true, threads: true, beam: true };

const METERS: { readonly [T in Task]: Meter<FiguresOf<T>> } = { lm, classify, tag, translate, fill };

/**
 * Measures a model on each of the files, and on all of them together; without files, on what its run held out of its text, or was
 * given to validate on (`heldOut`). Each is read as the training files were, by the model's own tokenizers and labels, and a
 * text as the one stream that it is.
 *
 * @example
 * const { files } = await evaluate(load('runs/my'), ['a.txt', 'b.txt']);
 *
 * @throws InputError for a file that can't be read as text, and a line that is no example of the model's task or has a label that
 *   the model does not know; without files, for a run that held nothing out, or whose text has moved or changed.
 */
export function evaluate<T extends Task>(
  model: Model<T>,
  files?: readonly string[],
  options?: EvaluateOptions,
): Promise<Evaluation<T>>;
export async function evaluate(
  model: Model,
  files: readonly string[] = [],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  refuseUnknown(options, EVALUATE_OPTIONS);
  const { lossy = false, threads = availableParallelism(), beam } = options;
  const meter: Meter<Figures> = METERS[model.task];
  const measure = (sources: readonly Source[]) => meter(model.onThreads(threads), sources, { threads, beam });
  if (files.length === 0) {
    const { paths, reading, part, check } = validatedPart(model, 'name a file');
    const { onText, all: found } = recordFiles();
    const { all } = await measure([{ paths, reading: { ...reading, onText }, part }]);
    check(found());
    return { ...all, heldOut: true, files: [] } as Evaluation;
  }
  const records = files.map(() => recordFiles());
  const { all, each } = await measure(
    files.map((file, i) => ({ paths: [file], reading: { lossy, onText: records[i].onText }, part: 'train' })),
  );
  return {
    ...all,
    heldOut: false,
    files: each.map((figures, i) => {
      const seen = roleOf(model.config, records[i].all());
      return { file: files[i], ...figures, ...(seen === undefined ? {} : { seen }) };
    }),
  } as Evaluation;
}
