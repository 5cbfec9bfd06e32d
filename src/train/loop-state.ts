/** What the loop knows while it trains, besides the engine's numbers. */

import { join } from 'node:path';
import {
  METRICS_FILE,
  type MetricsFile,
  openMetrics,
  type Position,
  type Progress,
  type TrainEvent,
} from '../run/index.ts';
import type { Training } from './training.ts';

export interface LoopState {
  readonly training: Training;
  readonly metrics: MetricsFile;
  /** How far the run is; another one after it went back to a checkpoint. */
  progress: Progress;
  /** Seconds that the sessions before this one took. */
  readonly earlierSeconds: number;
  /** When this session began, by `performance.now()`, as all times are. */
  readonly began: number;
  /** The last checkpoint: its step, and when it was written. */
  saved: { step: number; time: number };
  /** Tokens trained on in this session, and seconds of its steps, evaluations and checkpoints not counted. */
  trained: { tokens: number; seconds: number };
  /** Whether the run went back once too often. */
  gaveUp: boolean;
}

/** The state of a run that stands at a checkpoint, its metrics open. */
export function openLoop(training: Training): LoopState {
  const { folder, progress } = training;
  const metrics = openMetrics(join(folder, METRICS_FILE), progress);
  const began = performance.now();
  return {
    training,
    metrics,
    progress,
    earlierSeconds: progress.elapsedSeconds,
    began,
    saved: { step: progress.step, time: began },
    trained: { tokens: 0, seconds: 0 },
    gaveUp: false,
  };
}

/** Takes the time into the progress. */
export function readClock({ progress, earlierSeconds, began }: LoopState): void {
  progress.elapsedSeconds = earlierSeconds + (performance.now() - began) / 1000;
}

/** Where the run is now, as events say it. */
export function positionOf(state: LoopState): Position {
  readClock(state);
  const { step, tokens, elapsedSeconds } = state.progress;
  const { batchesPerEpoch } = state.training.data.batches;
  return { step, epoch: Number((step / batchesPerEpoch).toFixed(4)), tokens, elapsedSeconds };
}

/** Tokens of a second of this session's steps; 0 before the first. */
export function tokensPerSecond({ trained: { tokens, seconds } }: LoopState): number {
  return seconds > 0 ? tokens / seconds : 0;
}

/** Keeps an event in the run's metrics, and gives it back. */
export function record<E extends TrainEvent>({ metrics }: LoopState, event: E): E {
  metrics.append(event);
  return event;
}
