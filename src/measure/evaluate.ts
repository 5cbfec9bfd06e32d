/** How well a model does on files that it was not trained on. */

import { availableParallelism } from 'node:os';
import type { Model } from '../ask/index.ts';
import type { Task } from '../model/index.ts';
import { type Named, refuseUnknown } from '../options/index.ts';
import { recordFiles, roleOf, validatedPart } from '../run/index.ts';
import { expandPatterns, type FileFormat, type Remark } from '../text/index.ts';
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

const EVALUATE_OPTIONS: Named<EvaluateOptions> = {
  lossy: true,
  columns: true,
  fileFormat: true,
  strict: true,
  onRemark: true,
  threads: true,
  beam: true,
};

const METERS: { readonly [T in Task]: Meter<FiguresOf<T>> } = { lm, classify, tag, translate, fill };

/**
 * Measures a model on each of the files, and on all of them together; without files, on what its run held out of its text, or was
 * given to validate on (`heldOut`). Each is read as the training files were, by the model's own tokenizers and labels, and a
 * text as the one stream that it is.
 *
 * @example
 * const { files } = await evaluate(load('runs/my'), ['a.txt', 'b.txt']);
 *
 * @throws InputError for a file that can't be read as text, a line that is no example of the model's task, a file of labels none of
 *   which the model knows, and what `strict` refuses; without files, for a run that held nothing out, or whose text has moved or
 *   changed.
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
  const { lossy = false, strict = false, threads = availableParallelism(), beam, onRemark = () => {} } = options;
  const meter: Meter<Figures> = METERS[model.task];
  const measure = (sources: readonly Source[]) => meter(model.onThreads(threads), sources, { onRemark, threads, beam });
  if (files.length === 0) {
    const { paths, reading, part, check } = validatedPart(model, 'name a file');
    const { onText, all: found } = recordFiles();
    const { all } = await measure([{ paths, reading: { ...reading, onText }, part }]);
    check(found());
    return { ...all, heldOut: true, files: [] } as Evaluation;
  }
  const trained = model.config.options;
  const table = {
    columns: options.columns ?? trained.columns ?? undefined,
    fileFormat: options.fileFormat ?? trained.fileFormat ?? undefined,
  };
  const paths = await expandPatterns(files);
  const records = paths.map(() => recordFiles());
  const { all, each } = await measure(
    paths.map((file, i) => ({
      paths: [file],
      reading: { ...table, lossy, strict, onText: records[i].onText },
      part: 'train',
    })),
  );
  return {
    ...all,
    heldOut: false,
    files: each.map((figures, i) => {
      const seen = roleOf(model.config, records[i].all());
      return { file: paths[i], ...figures, ...(seen === undefined ? {} : { seen }) };
    }),
  } as Evaluation;
}
