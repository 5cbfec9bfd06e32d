/** The learning rate over a run: a pure function of how much of the run is done. */

import type { ScheduleName } from '../options/index.ts';

/** Share of the peak learning rate at `progress` (0 at the start, 1 at the end of the run). */
function shape(schedule: ScheduleName, progress: number): number {
  switch (schedule) {
    case 'constant':
      return 1;
    case 'cosine': // Loshchilov and Hutter 2017, equation 5, without restarts
      return (1 + Math.cos(Math.PI * progress)) / 2;
    case 'linear':
      return 1 - progress;
    case 'step': // full for the first half, then halved at each further tenth
      return progress < 0.5 ? 1 : 0.5 ** Math.min(5, 1 + Math.floor((progress - 0.5) * 10 + 1e-9));
  }
}

/**
 * Learning rate of step `step` (counted from 0) when `progress` of the run is done. For the first `warmup` steps the
 * schedule's value is multiplied by a ramp from 1 / warmup to 1.
 *
 * @example learningRateAt({ schedule: 'cosine', learningRate: 0.01, warmup: 0 }, 500, 0.5) // 0.005
 */
export function learningRateAt(
  options: { schedule: ScheduleName; learningRate: number; warmup: number },
  step: number,
  progress: number,
): number {
  const ramp = step < options.warmup ? (step + 1) / options.warmup : 1;
  return options.learningRate * ramp * shape(options.schedule, Math.min(1, Math.max(0, progress)));
}
