/** Where the time of a step goes, by phase: one place for each thread and phase in the shared memory. */

import type { Address } from '../../kernels/index.ts';

/** Phases that `--profile` tells apart. */
export const PHASES = [
  'pack',
  'input product',
  'recurrent product',
  'gates',
  'softmax',
  'weight gradients',
  'optimizer',
  'attention',
  'barrier',
  'between steps',
] as const;
export type Phase = (typeof PHASES)[number];

/** Bytes of one thread's seconds, on cache lines of its own. */
const THREAD_BYTES = Math.ceil((PHASES.length * 8) / 64) * 64;

export function profileBytes(threads: number): number {
  return threads * THREAD_BYTES;
}

/** Adds the time between calls to the phases' places in the shared memory. */
export function stopwatch(memory: SharedArrayBuffer, profile: Address, rank: number): (phase: Phase) => void {
  const seconds = new Float64Array(memory, profile + rank * THREAD_BYTES, PHASES.length);
  let last = performance.now();
  return (phase) => {
    const now = performance.now();
    seconds[PHASES.indexOf(phase)] += (now - last) / 1000;
    last = now;
  };
}

/** Seconds by phase, summed over the threads. */
export function readProfile(memory: SharedArrayBuffer, profile: Address, threads: number): Record<Phase, number> {
  const sums = PHASES.map((phase, index) => {
    let seconds = 0;
    for (let rank = 0; rank < threads; rank++) {
      seconds += new Float64Array(memory, profile + rank * THREAD_BYTES, PHASES.length)[index];
    }
    return [phase, seconds];
  });
  return Object.fromEntries(sums) as Record<Phase, number>;
}
