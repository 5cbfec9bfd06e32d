/** How well a model does on files that it was not trained on. */

import { availableParallelism } from 'node:os';
import type { Model } from '../ask/index.ts';
import { InputError } from '../errors.ts';
import {
  type ClassifyEvaluation,
  classifyMeter,
  type TagEvaluation,
  type TranslateEvaluation,
  tagMeter,
  translateMeter,
} from './evaluate-examples.ts';
import { type FillEvaluation, fillMeter } from './evaluate-fill.ts';
import { type TextEvaluation, textMeter } from './evaluate-text.ts';

/** What is measured on a file: by the model's task. Losses are nats. */
export type FileEvaluation = { file: string } & MeasuresOf;
type MeasuresOf = TextEvaluation | ClassifyEvaluation | TagEvaluation | TranslateEvaluation | FillEvaluation;

/** The same over all files, and for each of them. */
export type Evaluation =
  | Whole<TextEvaluation>
  | Whole<ClassifyEvaluation>
  | Whole<TagEvaluation>
  | Whole<TranslateEvaluation>
  | Whole<FillEvaluation>;
type Whole<M> = M & { files: (M & { file: string })[] };

export interface EvaluateOptions {
  /** Puts U+FFFD in the place of bytes that are not UTF-8. */
  lossy?: boolean | undefined;
  threads?: number | undefined;
  /** `translate`: hypotheses of a beam search; greedy without it. */
  beam?: number | undefined;
}

/** How something is measured: file by file, joined, and made into figures. */
export interface Meter<Part, Measures> {
  read(
    model: Model,
    file: string,
    options: { lossy: boolean; threads: number; beam: number | undefined },
  ): Promise<Part>;
  join(parts: readonly Part[]): Part;
  measures(part: Part, model: Model): Measures;
}

/**
 * Measures a model on each of the files, and on all of them together. Each is read as the training files were, by the model's own
 * tokenizers and labels.
 *
 * @example
 * const { files } = await evaluate(load('runs/my'), ['a.txt', 'b.txt']);
 *
 * @throws InputError without files, for a file that can't be read as text, and a line that is no example of the model's
 *   task or has a label that the model does not know.
 */
export function evaluate(model: Model, files: readonly string[], options: EvaluateOptions = {}): Promise<Evaluation> {
  switch (model.config.options.task) {
    case 'lm':
      return measure(textMeter, model, files, options);
    case 'fill':
      return measure(fillMeter, model, files, options);
    case 'classify':
      return measure(classifyMeter, model, files, options);
    case 'tag':
      return measure(tagMeter, model, files, options);
    case 'translate':
      return measure(translateMeter, model, files, options);
  }
}

async function measure<Part, Measures>(
  meter: Meter<Part, Measures>,
  model: Model,
  files: readonly string[],
  { lossy = false, threads = availableParallelism(), beam }: EvaluateOptions,
): Promise<Whole<Measures>> {
  if (files.length === 0) throw new InputError('There is no file to measure the model on: name one or more.');
  const parts: Part[] = [];
  for (const file of files) parts.push(await meter.read(model, file, { lossy, threads, beam }));
  return {
    ...meter.measures(meter.join(parts), model),
    files: parts.map((part, i) => ({ file: files[i], ...meter.measures(part, model) })),
  };
}
