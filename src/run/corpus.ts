/** The files of a run: recorded as they are read, found again later, and recognised. */

import { createHash, type Hash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../errors.ts';
import { type CompleteOptions, isExampleTask } from '../options/index.ts';
import { type Remark, readText, STDIN, shortList } from '../text/index.ts';
import type { CorpusFile, RunConfig } from './config.ts';
import { belongsToRun, type RunDescription } from './run.ts';

/** What readers of texts and of examples take alike. */
export function readerOptions({ lossy, strict, columns, fileFormat, valSplit, valid, seed }: CompleteOptions) {
  const table = { columns: columns ?? undefined, fileFormat: fileFormat ?? undefined };
  return {
    ...table,
    lossy,
    strict,
    valSplit,
    seed,
    isOwn: belongsToRun,
    ...(valid === null ? {} : { valid: [valid] }),
  };
}

/** A path that means the same file from any folder. */
export function absolutePath(name: string): string {
  return name === STDIN ? name : resolve(name);
}

/** Takes the sums of files while they are read, as they may change before or after. */
export function recordFiles(): {
  onText(name: string, bytes: Uint8Array): void;
  recorded(name: string): CorpusFile;
  /** All that were read, in order. */
  all(): CorpusFile[];
} {
  const sums = new Map<string, { hash: Hash; bytes: number }>();
  const recorded = (name: string): CorpusFile => {
    const { hash, bytes } = sums.get(name)!;
    return { path: absolutePath(name), bytes, sha256: hash.copy().digest('hex') };
  };
  return {
    onText(name, bytes) {
      const sum = sums.get(name) ?? { hash: createHash('sha256'), bytes: 0 };
      sums.set(name, sum);
      sum.hash.update(bytes);
      sum.bytes += bytes.length;
    },
    recorded,
    all: () => [...sums.keys()].map(recorded),
  };
}

/** What there is to say of files with the same text: one that is validated on tells nothing, what one holds out another trains on. */
export function sameTextRemarks(files: readonly CorpusFile[]): Remark[] {
  const first = new Map<string, string>();
  const again: string[] = [];
  for (const { path, sha256 } of files) {
    const other = first.get(sha256!);
    if (other === undefined) first.set(sha256!, path);
    else if (other !== path) again.push(`${path} and ${other}`);
  }
  if (again.length === 0) return [];
  const text = `the same text comes twice, so that what is validated on is trained on too: ${shortList(again)}.`;
  return [{ about: 'mistake', text, warning: true, count: again.length }];
}

/**
 * What to read for the same files as before: those of a text as they were read, whatever their folder holds by now; files and
 * folders of examples as they were given, as a folder of classes has to be read as one again.
 */
export function ownPaths({ options, corpus }: Pick<RunConfig, 'options' | 'corpus'>): {
  files: string[];
  valid: string | null;
} {
  const { files, valid, task } = options;
  const paths = corpus.map(({ path }) => path);
  if (isExampleTask(task) && files.length > 0) return { files, valid };
  if (valid === null) return { files: paths, valid };
  return { files: paths.slice(0, -1), valid: paths.at(-1) ?? valid };
}

/** How the files of a run are read again: the options of its readers, and which part of what they read is meant. */
export interface OwnPart {
  paths: string[];
  reading: ReturnType<typeof readerOptions>;
  part: 'train' | 'valid';
  /** Throws an InputError unless the files read (`found`, in order) are those that the run recorded. */
  check(found: readonly CorpusFile[]): void;
}

/** What a run was trained on. Throws an InputError for files that are no longer there, which says what to do `instead`. */
export function trainedPart(run: RunDescription, instead: string): OwnPart {
  const { files, valid } = ownPaths(run.config);
  demandFiles(run, files, instead);
  const { options, corpus } = run.config;
  return {
    paths: files,
    reading: readerOptions({ ...options, valid: null }),
    part: 'train',
    check: (found) => checkSameFiles(valid === null ? corpus : corpus.slice(0, found.length), found),
  };
}

/**
 * What a run was validated on: the part of its files that it held out, or the files that it was given for that.
 *
 * @throws InputError for a run without such, and for files that are no longer there, which says what to do `instead`.
 */
export function validatedPart(run: RunDescription, instead: string): OwnPart {
  const { options, corpus } = run.config;
  const { files, valid } = ownPaths(run.config);
  if (valid !== null) {
    demandFiles(run, [valid], instead);
    return {
      paths: [valid],
      reading: readerOptions({ ...options, valid: null, valSplit: 0 }),
      part: 'train',
      check: (found) => checkSameFiles(corpus.slice(-found.length), found),
    };
  }
  if (options.valSplit === 0) throw new InputError(`${run.folder} held out no part of its text: ${instead}.`);
  demandFiles(run, files, instead);
  return {
    paths: files,
    reading: readerOptions(options),
    part: 'valid',
    check: (found) => checkSameFiles(corpus, found),
  };
}

function demandFiles({ folder }: RunDescription, paths: readonly string[], instead: string): void {
  const gone = paths.find((path) => !existsSync(path));
  if (gone !== undefined) throw new InputError(`The text of ${folder} is no longer at ${gone}: ${instead}.`);
}

/** Throws an InputError unless `found` are the files that a run recorded, wherever they are now. */
export function checkSameFiles(recorded: readonly CorpusFile[], found: readonly CorpusFile[]): void {
  recorded.forEach(({ path, sha256 }, i) => {
    if (sha256 === null) throw new InputError(`${path} was a pipe, so that the run can't go on: train on a file.`);
    if (found[i]?.sha256 !== sha256) throw otherText(found[i]?.path ?? path);
  });
  if (found.length > recorded.length) {
    throw new InputError(`The run began with ${recorded.length} files, not ${found.length}: give the same ones.`);
  }
}

/**
 * For a run whose text could not be read again: throws an InputError if that is because it is another one. `paths` are the files
 * recorded, or those named in their place.
 */
export async function refuseOtherText(
  recorded: readonly CorpusFile[],
  paths: readonly string[],
  lossy: boolean,
): Promise<void> {
  for (const [i, { sha256 }] of recorded.entries()) {
    if (sha256 === null || !statSync(paths[i] ?? '', { throwIfNoEntry: false })?.isFile()) continue;
    const hash = createHash('sha256');
    for await (const bytes of readText(paths[i], lossy)) hash.update(bytes);
    if (hash.digest('hex') !== sha256) throw otherText(paths[i]);
  }
}

function otherText(path: string): InputError {
  return new InputError(`${path} is not the text that the run began with: put that back, or start a new run.`);
}

/** Whether a run was trained on one of these files, by their text, or else validated on one as a file of its own. */
export function roleOf(
  { options, corpus }: RunConfig,
  files: readonly CorpusFile[],
): 'trained' | 'validated' | undefined {
  const roles = files.flatMap(({ sha256 }) => {
    const at = sha256 === null ? -1 : corpus.findIndex((file) => file.sha256 === sha256);
    if (at < 0) return [];
    return [options.valid !== null && at === corpus.length - 1 ? ('validated' as const) : ('trained' as const)];
  });
  return roles.includes('trained') ? 'trained' : roles[0];
}
