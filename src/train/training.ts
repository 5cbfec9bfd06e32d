/** A run that is ready to train, and how far it is. */

import type { Engine } from '../engine/index.ts';
import type { Progress, RunConfig, RunDescription } from '../run/index.ts';
import type { TrainingData } from './data/training-data.ts';

/** A run that is ready to train, its folder written. */
export interface Training extends RunDescription {
  engine: Engine;
  data: TrainingData;
  progress: Progress;
  /** Ends the engine's workers and lets go of the corpus. */
  close(): Promise<void>;
}

/**
 * Share of the run that is done, in [0, 1], by the limit that will end it first, and which that is. `evaluationSeconds` are kept
 * free for the last evaluation of a run that `minutes` end, so that it is within them.
 */
export function shareDone(
  { options }: Pick<RunConfig, 'options'>,
  batchesPerEpoch: number,
  { step, elapsedSeconds, evaluationSeconds = 0 }: Pick<Progress, 'step' | 'elapsedSeconds'> & Partial<Progress>,
): { share: number; limit: 'steps' | 'epochs' | 'minutes' } {
  const { steps, epochs, minutes } = options;
  const secondsFor = (whole: number): number => whole - Math.min(evaluationSeconds, whole / 2);
  const shares = [
    { limit: 'steps' as const, share: steps === null ? 0 : step / steps },
    { limit: 'epochs' as const, share: epochs === null ? 0 : step / (epochs * batchesPerEpoch) },
    { limit: 'minutes' as const, share: minutes === null ? 0 : elapsedSeconds / secondsFor(60 * minutes) },
  ];
  const first = shares.reduce((a, b) => (b.share > a.share ? b : a));
  return { limit: first.limit, share: Math.min(1, first.share) };
}
