/** What a run reports as it goes: the events of `--json`, kept in the run's folder. */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import type { FileShare, Remark } from '../text/index.ts';
import { reason, writeAll, writeError } from './files.ts';
import { isObject } from './json.ts';

export const METRICS_FILE = 'metrics.jsonl';

/** Losses are nats per token, `elapsedSeconds` counts every session of the run, `epoch` counts passes done, with its fraction. */
export interface Position {
  step: number;
  epoch: number;
  /** Tokens trained on so far. */
  tokens: number;
  elapsedSeconds: number;
}

export interface StartEvent extends Position {
  event: 'start';
  run: string;
  parameters: number;
  vocabulary: number;
  trainTokens: number;
  valTokens: number;
  /** Bits a token of the validation that spell what the vocabulary lacks, which bits per character have besides the loss. */
  valSpellingBits: number;
  /** Share of the positions computed in training that are padding. */
  padding: number;
  memoryBytes: number;
  kernel: string;
  precision: string;
  threads: number;
  /** Tokens for training and validation file by file, where a text of several files has been parted; not of over a hundred. */
  shares?: FileShare[];
  /** What was guessed, left out or changed when the text was read. */
  remarks: Remark[];
}

export interface StepEvent extends Position {
  event: 'step';
  trainLoss: number;
  learningRate: number;
  /** Global norm before clipping. */
  gradientNorm: number;
  /** Over this session's training time, evaluations and checkpoints not counted. */
  tokensPerSecond: number;
}

export interface EvalEvent extends Position {
  event: 'eval';
  /** Mean since the last evaluation. */
  trainLoss: number;
  valLoss: number;
  /** Share of the validation's labels, tags or target tokens that are right; `classify`, `tag`, `translate`. */
  valAccuracy?: number;
  /** Mean F1 of the labels or tags; `classify`, `tag`. */
  valMacroF1?: number;
  /** How many of the targets to validate on were measured, if not all: the first evaluation of a large text by minutes. */
  valTokens?: number;
  /** The best so far; its weights are in `model.safetensors`. */
  best: boolean;
}

export interface CheckpointEvent extends Position {
  event: 'checkpoint';
}

/** A loss or gradient was not finite; the run went back to its last checkpoint, with a lower learning rate. */
export interface RollbackEvent extends Position {
  event: 'rollback';
  /** Step that failed. */
  failedStep: number;
}

export interface DoneEvent extends Position {
  event: 'done';
  reason: 'steps' | 'epochs' | 'minutes' | 'patience' | 'interrupted';
  /** Of the last step; `null` before the first. */
  trainLoss: number | null;
  /** Of the best weights, and their step; `null` without an evaluation. */
  valLoss: number | null;
  valAccuracy?: number;
  valMacroF1?: number;
  bestStep: number | null;
  tokensPerSecond: number;
  /** Seconds of the session's steps and evaluations by phase, summed over the threads; with `--profile`. */
  profile?: Record<string, number>;
}

export type TrainEvent = StartEvent | StepEvent | EvalEvent | CheckpointEvent | RollbackEvent | DoneEvent;

export interface MetricsFile {
  append(event: TrainEvent): void;
  close(): void;
}

/**
 * Opens `metrics.jsonl` for a run that stands at `checkpoint`. What a crashed session wrote after it, or left half-written, is
 * dropped, as those steps and evaluations will come again.
 */
export function openMetrics(path: string, checkpoint: Pick<Position, 'step' | 'elapsedSeconds'>): MetricsFile {
  const { step, elapsedSeconds } = checkpoint;
  const isPast = (event: TrainEvent): boolean =>
    event.elapsedSeconds <= elapsedSeconds || (event.event === 'done' && event.step <= step);
  let file: number;
  try {
    file = openSync(path, 'a+');
    let kept = 0;
    for (const { event, end } of readEvents(file, path)) {
      if (event !== undefined && isPast(event)) kept = end;
    }
    ftruncateSync(file, kept);
  } catch (error) {
    throw error instanceof InputError ? error : writeError(path, error);
  }
  return {
    append(event) {
      try {
        writeAll(file, Buffer.from(`${JSON.stringify(event)}\n`));
      } catch (error) {
        throw writeError(path, error);
      }
    },
    close: () => closeSync(file),
  };
}

/** How a run's training went, by its metrics. */
export interface TrainingSummary {
  step: number;
  epoch: number;
  tokens: number;
  elapsedSeconds: number;
  trainLoss: number | null;
  /** Of the best weights so far, and their step; `null` without an evaluation. */
  valLoss: number | null;
  valAccuracy?: number;
  valMacroF1?: number;
  bestStep: number | null;
  /** See `StartEvent`; 0 for a run of before it was told. */
  valSpellingBits: number;
  /** Why the last session ended; `null` while it lasts, or if it crashed. */
  reason: DoneEvent['reason'] | null;
}

/** What the run in `folder` reported, in order. Throws an InputError if its metrics can't be read. */
export function* readHistory(folder: string): Generator<TrainEvent> {
  const path = join(folder, METRICS_FILE);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new InputError(`Can't read ${path}: ${reason(error)}.`, { cause: error });
  }
  try {
    for (const { event } of readEvents(file, path)) if (event !== undefined) yield event;
  } finally {
    closeSync(file);
  }
}

/** Summary of the run in `folder`. Throws an InputError if its metrics can't be read. */
export function readSummary(folder: string): TrainingSummary {
  const summary: TrainingSummary = {
    step: 0,
    epoch: 0,
    tokens: 0,
    elapsedSeconds: 0,
    trainLoss: null,
    valLoss: null,
    bestStep: null,
    valSpellingBits: 0,
    reason: null,
  };
  for (const event of readHistory(folder)) {
    const { step, epoch, tokens, elapsedSeconds } = event;
    Object.assign(summary, { step, epoch, tokens, elapsedSeconds, reason: null });
    if (event.event === 'step') summary.trainLoss = event.trainLoss;
    if (event.event === 'start') summary.valSpellingBits = event.valSpellingBits ?? 0;
    if (event.event === 'eval' && event.best) {
      const { valLoss, valAccuracy, valMacroF1 } = event;
      Object.assign(summary, { valLoss, bestStep: step });
      if (valAccuracy !== undefined) summary.valAccuracy = valAccuracy;
      if (valMacroF1 !== undefined) summary.valMacroF1 = valMacroF1;
    }
    if (event.event === 'done') summary.reason = event.reason;
  }
  return summary;
}

/** Bytes read at once, and the longest line. */
const PIECE = 2 ** 20;

/** The lines of an open file in order, each with the event that it is, if it is one, and where it ends. */
function* readEvents(file: number, path: string): Generator<{ event: TrainEvent | undefined; end: number }> {
  const buffer = Buffer.allocUnsafe(2 * PIECE);
  const size = fstatSync(file).size;
  let position = 0;
  let kept = 0;
  while (position < size) {
    const read = readSync(file, buffer, kept, PIECE, position);
    if (read === 0) return;
    position += read;
    const filled = kept + read;
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0 && end < filled; end = buffer.indexOf(10, start)) {
      yield { event: parseEvent(buffer.toString('utf8', start, end)), end: position - filled + end + 1 };
      start = end + 1;
    }
    kept = buffer.copy(buffer, 0, start, filled);
    if (kept > PIECE) throw new InputError(`${path} is damaged: a line has more than ${PIECE} bytes; remove the file.`);
  }
}

/** The event in a line; `undefined` for a line that holds none. */
function parseEvent(line: string): TrainEvent | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(event)) return undefined;
  const numbers = ['step', 'epoch', 'tokens', 'elapsedSeconds'];
  if (event.event === 'step') numbers.push('trainLoss');
  if (event.event === 'eval') numbers.push('valLoss');
  return numbers.every((name) => Number.isFinite(event[name])) ? (event as unknown as TrainEvent) : undefined;
}
