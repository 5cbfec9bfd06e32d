/** From the files of a run to its batches, for the first time and when it goes on. */

import { statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, option, resumeCall } from '../../errors.ts';
import type { Task } from '../../model/index.ts';
import type { CompleteOptions } from '../../options/index.ts';
import { checkSameFiles, ownPaths, type RunDescription, refuseOtherText, type Vocabularies } from '../../run/index.ts';
import { STDIN } from '../../text/index.ts';
import { packaged } from '../packaged.ts';
import { TASKS } from './tasks.ts';
import type { TrainingData } from './training-data.ts';

/** Name of a run on the default corpus. */
export function defaultName(task: Task): string {
  const { corpus } = TASKS[task];
  return basename(corpus, extname(corpus));
}

/**
 * Reads the files of a run and cuts them into batches. Without `known` vocabularies they are made from the training part.
 *
 * @throws InputError for files that are no text, for a line that is no example of the task, and for a text that is too short for
 *   one batch.
 */
export async function readTrainingData(options: CompleteOptions, known?: Vocabularies): Promise<TrainingData> {
  const { files, valid, task } = options;
  const { corpus, read, folders } = TASKS[task];
  if (valid !== null && !folders && statSync(valid, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`${option('valid', valid)} is a folder: name one file.`);
  }
  const standard = fileURLToPath(packaged(`corpora/${corpus}`));
  return read(files.length === 0 ? [standard] : files, options, known);
}

/** Where the files of a run are now, if not where they were. */
export interface NewPlaces {
  files?: readonly string[] | undefined;
  valid?: string | null | undefined;
}

/**
 * Reads the files of a run that goes on.
 *
 * @throws InputError as `readTrainingData`, and for files that are gone, or not those that the run began with.
 */
export async function readTrainingDataAgain(
  run: RunDescription,
  options: CompleteOptions,
  now: NewPlaces,
): Promise<TrainingData> {
  const { corpus } = run.config;
  const recorded = ownPaths({ options: run.config.options, corpus });
  const files = [...(now.files ?? (options.files.length === 0 ? [] : recorded.files))];
  const valid = now.valid ?? recorded.valid;
  if (now.files === undefined) for (const path of files) refuseGone(run.folder, path, { files: 'NEWPATH' });
  if (valid !== null && now.valid === undefined) refuseGone(run.folder, valid, { valid: 'NEWPATH' });
  const data = await readTrainingData({ ...options, files, valid }, run).catch(async (error) => {
    const paths = now.files ?? corpus.map(({ path }) => path);
    await refuseOtherText(corpus, paths, options.lossy);
    throw error;
  });
  try {
    checkSameFiles(corpus, data.files);
    return data;
  } catch (error) {
    data.close();
    throw error;
  }
}

/** Throws an InputError for a text of the run that is no longer where it was, as a pipe's never is. */
function refuseGone(folder: string, path: string, place: Record<string, string>): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (path !== STDIN && stat && !stat.isFIFO()) return;
  const was =
    path === STDIN
      ? 'was the standard input: name a file of the same text'
      : `is no longer at ${path}: if it has moved, name its new place`;
  throw new InputError(`The text of ${folder} ${was}, ${resumeCall(folder, place)}.`);
}
