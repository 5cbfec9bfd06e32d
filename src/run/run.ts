/** Run folders: where a run goes, which one is meant, and reading one back. */

import type { Hash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { parameterSpecs, type Tensor } from '../engine/index.ts';
import { byCaller, InputError, option, RunError, resumeCall } from '../errors.ts';
import { STDIN } from '../text/index.ts';
import { CHECKPOINT_FILE, MODEL_FILE, PREVIOUS_CHECKPOINT_FILE, readModel } from './checkpoint.ts';
import { configText, modelConfig, parseConfig, type RunConfig } from './config.ts';
import { MOST_TEXT_BYTES, readRunText, reason, writeFileAtomic } from './files.ts';
import { lockFolder, refuseLocked } from './lock.ts';
import { METRICS_FILE } from './metrics.ts';
import {
  LABELS_FILE,
  readVocabularies,
  TARGET_TOKENIZER_FILE,
  TOKENIZER_FILE,
  type Vocabularies,
  type VocabularyFile,
} from './vocabularies.ts';

/** Folder of runs, in the working directory. */
const RUNS = 'runs';

const CONFIG_FILE = 'config.json';

/** All that a run writes. */
const FILES = [
  CONFIG_FILE,
  TOKENIZER_FILE,
  TARGET_TOKENIZER_FILE,
  LABELS_FILE,
  METRICS_FILE,
  MODEL_FILE,
  CHECKPOINT_FILE,
  PREVIOUS_CHECKPOINT_FILE,
];

/** Where a run is to be written. */
export interface Place {
  /** The run's folder; or, with `name`, a folder of runs. */
  out?: string | undefined;
  name?: string | undefined;
  /** Replace a run that is there. */
  overwrite?: boolean | undefined;
}

/**
 * The folder for a new run: `out`, `out/name`, or `runs/<name>` with the base name of the first file; for the default
 * corpus the first free one of `runs/tales`, `runs/tales-2`, and so on. Throws an InputError if a process trains there, or it
 * holds a run and `overwrite` isn't set.
 */
export function chooseFolder(files: readonly string[], { out, name, overwrite }: Place, standard = 'tales'): string {
  if (name !== undefined && !/^[^/\\\0]+$/.test(name)) {
    throw new InputError(`${option('name')} must be a name without slashes.`);
  }
  if (name === '.' || name === '..')
    throw new InputError(`${option('name')} must be a name, not ${JSON.stringify(name)}.`);
  if (out === '') throw new InputError(`${option('out')} must be the path of a folder.`);
  if (out === undefined && name === undefined && files.length === 0 && !overwrite)
    return freeFolder(join(RUNS, standard));
  const own = files.length === 0 ? standard : ownName(files[0]);
  const folder = out === undefined ? join(RUNS, name ?? own) : name === undefined ? out : join(out, name);
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new InputError(
      `${folder} is a file, not a folder for a run: choose another ${option('out')} or ${option('name')}.`,
    );
  }
  if (existsSync(folder)) refuseLocked(folder);
  if (!overwrite) refuseRun(folder);
  return folder;
}

/** What a run on a file or folder is called: its name without extensions; `run` where nothing but dots is left, as of `...txt`. */
function ownName(file: string): string {
  if (file === STDIN) return 'stdin';
  const path = resolve(file).replace(/\.gz$/i, '');
  const name = basename(path, extname(path));
  return /^\.*$/.test(name) ? 'run' : name;
}

function freeFolder(folder: string): string {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? folder : `${folder}-${i}`;
    if (!existsSync(candidate)) return candidate;
  }
}

function refuseRun(folder: string): void {
  if (!holdsRun(folder)) return;
  throw new InputError(
    `${folder} already holds a run: go on with ${option('resume', folder)}, replace it with ${option('overwrite', true)}, or choose another ${option('name')}.`,
  );
}

function holdsRun(folder: string): boolean {
  return FILES.some((file) => existsSync(join(folder, file)));
}

/**
 * Whether a path is the folder of a run, by what stands in it, or one of the files that a run writes there: nothing that a text is to be
 * read from. A `config.json` or `tokenizer.json` of another program makes no run.
 */
export function belongsToRun(path: string): boolean {
  return isRun(path) || (FILES.includes(basename(path)) && isRun(dirname(path)));
}

/** How the files begin that tell a run. */
const BEGINNINGS = { [CONFIG_FILE]: /^\{\s*"format": \d+,\s*"gatelm":/, [METRICS_FILE]: /^\{"event":"start","run":/ };

function isRun(folder: string): boolean {
  return Object.entries(BEGINNINGS).some(([file, beginning]) => beginning.test(readBeginning(join(folder, file))));
}

/** The first bytes of a file, none if it can't be read. */
function readBeginning(path: string): string {
  const bytes = Buffer.alloc(64);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.toString('latin1', 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where the system refuses with ENOENT, as
 * below /proc.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/**
 * Makes the folder of a new run, without the files of an old one, and writes what does not change any more. Other
 * processes are kept from training there until the function that it returns is called.
 *
 * @throws InputError when another process trains there, or has meanwhile made a run there and `overwrite` isn't set.
 */
export function createRun(
  folder: string,
  config: RunConfig,
  vocabularies: readonly VocabularyFile[],
  overwrite = false,
): () => void {
  for (const { file, text } of vocabularies) {
    if (Buffer.byteLength(text) <= MOST_TEXT_BYTES) continue;
    throw new InputError(
      `The vocabulary makes a ${file} that is too long to be read: give a smaller ${option('vocabSize')} or a larger ${option('minCount')}.`,
    );
  }
  preparing(folder, () => makeFolder(resolve(folder)));
  const unlock = lockFolder(folder);
  try {
    if (!overwrite) refuseRun(folder);
    preparing(folder, () => {
      for (const file of FILES) rmSync(join(folder, file), { force: true });
      removeUnfinished(folder);
    });
    for (const { file, text } of vocabularies) writeFileAtomic(join(folder, file), text);
    writeConfig(folder, config);
    return unlock;
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Does a part of making a run's folder. */
function preparing(folder: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new RunError(`Can't make the run's folder ${folder}: ${reason(error)}.`, { cause: error });
  }
}

export function writeConfig(folder: string, config: RunConfig): void {
  writeFileAtomic(join(folder, CONFIG_FILE), configText(config));
}

/** Removes what a process that was killed left half-written. */
export function removeUnfinished(folder: string): void {
  for (const file of FILES) rmSync(join(folder, `${file}.tmp`), { force: true });
}

/** A run as it is on disk, without its numbers. */
export interface RunDescription extends Vocabularies {
  folder: string;
  config: RunConfig;
  /** The files of the vocabularies as they are, one after the other, which the checksums of the run's numbers include. */
  vocabularyText: string;
}

/** A trained model. */
export interface Run extends RunDescription {
  parameters: Tensor[];
}

/** Reads and checks `config.json` and the vocabularies. Throws an InputError for what is no run, or a damaged or newer one. */
export function describeRun(folder: string): RunDescription {
  if (!existsSync(folder))
    throw new InputError(
      `There is no run at ${folder}: name the folder that it is in now, or make one with ${byCaller('lm train', 'train()')}.`,
    );
  if (!existsSync(join(folder, CONFIG_FILE))) {
    throw new InputError(`${folder} is no run, or an incomplete one: it has no ${CONFIG_FILE}.`);
  }
  const config = parseConfig(readRunText(join(folder, CONFIG_FILE)), join(folder, CONFIG_FILE));
  return { folder, config, ...readVocabularies(folder, config) };
}

/**
 * Loads the best weights of a run; `hash` is given the bytes of their file. Throws an InputError as `describeRun`, and
 * for damaged or missing weights.
 */
export function loadRun(folder: string, hash?: Hash): Run {
  const description = describeRun(folder);
  if (!existsSync(join(folder, MODEL_FILE))) {
    throw new InputError(`${folder} has no model yet: go on with ${resumeCall(folder)}.`);
  }
  const shapes = parameterSpecs(modelConfig(description.config));
  return { ...description, parameters: readModel(folder, shapes, description.vocabularyText, hash) };
}

/** The runs in a folder, those in `runs/` by default; a run's own folder is the only one in it. */
export function runsIn(path?: string): string[] {
  const folder = path ?? RUNS;
  if (path !== undefined && !existsSync(path)) {
    throw new InputError(`There is no folder ${path}: name a folder of runs.`);
  }
  return holdsRun(folder) ? [folder] : listFolders(folder).filter(holdsRun);
}

/**
 * The folder of the run that `path` means: itself, or the newest run inside of it; without a path the newest one in `runs/`.
 * Newest is the one trained last.
 */
export function findRun(path?: string): string {
  if (path !== undefined && (!existsSync(path) || holdsRun(path))) return path;
  const runs = runsIn(path);
  if (runs.length === 0) {
    throw new InputError(
      path === undefined
        ? `There is no run in runs/ yet: make one with ${byCaller('lm train', 'train()')}, or name its folder.`
        : `${path} is no run, and holds none: give the folder that ${byCaller('lm train', 'train()')} wrote.`,
    );
  }
  return runs.reduce((newest, run) => (trainedAt(run) > trainedAt(newest) ? run : newest));
}

function listFolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name));
  } catch {
    return [];
  }
}

/** When something was last written of a run, in milliseconds since 1970. */
export function trainedAt(folder: string): number {
  const times = FILES.map((file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.max(...times);
}
