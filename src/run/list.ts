/** The runs of a folder as a list: what each is, how far it is, and how well it did. */

import { InputError } from '../errors.ts';
import { isTraining } from './lock.ts';
import { readSummary, type TrainingSummary } from './metrics.ts';
import { describeRun, type RunDescription, runsIn, trainedAt } from './run.ts';

/** `training`: a process is at it; `ended`: by its own limits; `interrupted`: by a signal or a crash. */
export type RunState = 'training' | 'ended' | 'interrupted';

export interface ListedRun extends RunDescription {
  summary: TrainingSummary;
  state: RunState;
  /** When it was last written to. */
  trainedAt: Date;
}

/** A run's folder that can't be read, and why. */
export interface UnreadableRun {
  folder: string;
  error: string;
}

/** One run with its state. Throws an InputError as `describeRun`. */
export function listedRun(folder: string): ListedRun {
  const summary = readSummary(folder);
  const ended = summary.reason !== null && summary.reason !== 'interrupted';
  return {
    ...describeRun(folder),
    summary,
    state: isTraining(folder) ? 'training' : ended ? 'ended' : 'interrupted',
    trainedAt: new Date(trainedAt(folder)),
  };
}

/** The runs in a folder, `runs/` by default, in no order. Throws an InputError when there is no such folder. */
export function listRuns(path?: string): (ListedRun | UnreadableRun)[] {
  return runsIn(path).map((folder) => {
    try {
      return listedRun(folder);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { folder, error: error.message };
    }
  });
}
