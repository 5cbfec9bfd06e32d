/**
 * The average of a run's weights over about the last twentieth of its steps, which is what is evaluated and kept: the
 * weights of a single step are those of its batch too, the more so the higher the learning rate (Polyak and Juditsky
 * 1992). Weights count by their step to the nineteenth power ("polynomial decay", Shamir and Zhang 2013), so that a run
 * of any length needs no horizon of its own.
 */

import type { Engine } from '../engine/index.ts';

const DECAY = 19;
/** Steps between additions, as they take a moment with a large vocabulary; the first steps all count. */
const EVERY = 10;

/** Takes the weights of step `step`, counted from 1, into the engine's average. */
export async function addToAverage(engine: Pick<Engine, 'addToAverage'>, step: number): Promise<void> {
  if (step > EVERY && step % EVERY !== 0) return;
  // What is left of the average after the steps since the last addition.
  let rest = 1;
  for (let s = step > EVERY ? step - EVERY + 1 : step; s <= step; s++) rest *= (s - 1) / (s + DECAY);
  await engine.addToAverage(rest);
}

/** Runs `use` while the engine's parameters are their average. */
export async function withAverage<T>(engine: Pick<Engine, 'exchangeAverage'>, use: () => Promise<T>): Promise<T> {
  await engine.exchangeAverage();
  try {
    return await use();
  } finally {
    await engine.exchangeAverage();
  }
}
