/**
 * What the workers of a step share: a barrier, a counter that hands out work items, and a flag that ends a step when
 * one of them fails. All of it is control words in the shared memory.
 */

import type { Address } from '../../kernels/index.ts';

/** Control words, each on a cache line of its own. */
const ARRIVED = 0;
const GENERATION = 16;
const FAILED = 32;
const COUNTERS = 48;
const COUNTER_COUNT = 200;

/** Bytes of them all. */
export const CONTROL_BYTES = 4 * (COUNTERS + COUNTER_COUNT);

/** Looks at the barrier before a worker sleeps, unless said otherwise; about 20 microseconds. */
const SPINS = 2000;
/** A worker that waits longer at a barrier looks whether another has failed. */
const WAIT_MILLISECONDS = 100;

/** Thrown in a worker when another one has failed; the other's error is the one to show. */
export class StepAborted extends Error {}

export interface Threads {
  readonly rank: number;
  readonly count: number;
  /** Returns when all workers have called it. */
  barrier(): void;
  /** Calls `work` with every number from 0 to items - 1, shared out among the workers as they come. */
  share(items: number, work: (item: number) => void): void;
}

export function createThreads(
  memory: SharedArrayBuffer,
  control: Address,
  rank: number,
  count: number,
  spins = SPINS,
): Threads {
  const words = new Int32Array(memory, control, COUNTERS + COUNTER_COUNT);
  let shares = 0;
  return {
    rank,
    count,
    barrier() {
      if (count === 1) return;
      const generation = Atomics.load(words, GENERATION);
      if (Atomics.add(words, ARRIVED, 1) === count - 1) {
        Atomics.store(words, ARRIVED, 0);
        Atomics.add(words, GENERATION, 1);
        Atomics.notify(words, GENERATION);
        return;
      }
      for (let spin = 0; spin < spins; spin++) {
        if (Atomics.load(words, GENERATION) !== generation) return;
      }
      while (Atomics.load(words, GENERATION) === generation) {
        Atomics.wait(words, GENERATION, generation, WAIT_MILLISECONDS);
        if (Atomics.load(words, FAILED) !== 0) throw new StepAborted('another worker failed');
      }
    },
    share(items, work) {
      if (count === 1) {
        for (let item = 0; item < items; item++) work(item);
        return;
      }
      // Every worker makes the same calls in the same order, so each call finds a counter of its own. Those that come
      // next are set back by whoever draws the last number; a barrier lies between a counter's uses.
      const counter = COUNTERS + (shares++ % COUNTER_COUNT);
      let item = Atomics.add(words, counter, 1);
      while (item < items) {
        work(item);
        item = Atomics.add(words, counter, 1);
      }
      if (item === items + count - 1) Atomics.store(words, counter, 0);
    },
  };
}

/** How many workers wait at the barrier. */
export function waitingThreads(memory: SharedArrayBuffer, control: Address): number {
  return Atomics.load(new Int32Array(memory, control), ARRIVED);
}

/**
 * Tells the other workers that this one has failed, or is gone: they leave the step, or the barrier where they wait for
 * the next.
 */
export function reportFailure(memory: SharedArrayBuffer, control: Address): void {
  const words = new Int32Array(memory, control, COUNTERS);
  Atomics.store(words, FAILED, 1);
  Atomics.notify(words, GENERATION);
}
