/** What a run reports as it goes: the events of `--json`, kept in the run's folder. */

import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../errors.ts';
import { reason, writeAll, writeFileAtomic } from './files.ts';

export const METRICS_FILE = 'metrics.jsonl';

/** Losses are nats per token, `elapsedSeconds` counts every session of the run, `epoch` counts passes done, with its fraction. */
interface Position {
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
  memoryBytes: number;
  kernel: string;
  threads: number;
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
  /** The lowest so far, whose weights are in `model.safetensors`. */
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
  /** The lowest, and its step; `null` without an evaluation. */
  valLoss: number | null;
  bestStep: number | null;
  tokensPerSecond: number;
}

export type TrainEvent = StartEvent | StepEvent | EvalEvent | CheckpointEvent | RollbackEvent | DoneEvent;

export interface MetricsFile {
  append(event: TrainEvent): void;
  close(): void;
}

/**
 * Opens `metrics.jsonl` for a run that stands at `step`. What a crashed session wrote beyond its last checkpoint, or
 * left half-written, is dropped, as those steps will come again.
 */
export function openMetrics(path: string, step: number): MetricsFile {
  const kept = readLines(path).filter((line) => stepOf(line) <= step);
  writeFileAtomic(path, kept.map((line) => `${line}\n`).join(''));
  try {
    const file = openSync(path, 'a');
    return {
      append(event) {
        try {
          writeAll(file, Buffer.from(`${JSON.stringify(event)}\n`));
        } catch (error) {
          throw new RunError(`Can't write ${path}: ${reason(error)}.`, { cause: error });
        }
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    throw new RunError(`Can't write ${path}: ${reason(error)}.`, { cause: error });
  }
}

/** How a run's training went, by its metrics. */
export interface TrainingSummary {
  step: number;
  epoch: number;
  tokens: number;
  elapsedSeconds: number;
  trainLoss: number | null;
  /** The lowest so far, and its step; `null` without an evaluation. */
  valLoss: number | null;
  bestStep: number | null;
  /** Why the last session ended; `null` while it lasts, or if it crashed. */
  reason: DoneEvent['reason'] | null;
}

export function readSummary(folder: string): TrainingSummary {
  const summary: TrainingSummary = {
    step: 0,
    epoch: 0,
    tokens: 0,
    elapsedSeconds: 0,
    trainLoss: null,
    valLoss: null,
    bestStep: null,
    reason: null,
  };
  for (const line of readLines(join(folder, METRICS_FILE))) {
    if (stepOf(line) === Infinity) continue;
    const event = JSON.parse(line) as TrainEvent;
    const { step, epoch, tokens, elapsedSeconds } = event;
    Object.assign(summary, { step, epoch, tokens, elapsedSeconds, reason: null });
    if (event.event === 'step') summary.trainLoss = event.trainLoss;
    if (event.event === 'eval' && event.best) Object.assign(summary, { valLoss: event.valLoss, bestStep: step });
    if (event.event === 'done') summary.reason = event.reason;
  }
  return summary;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Step of a line of metrics; infinite for a line that isn't one. */
function stepOf(line: string): number {
  try {
    const { step } = JSON.parse(line) as { step?: unknown };
    return typeof step === 'number' ? step : Infinity;
  } catch {
    return Infinity;
  }
}
