/**
 * The average of a run's weights over about the last twentieth of its steps, which is what is evaluated and kept: the
 * weights of a single step are those of its batch too, the more so the higher the learning rate (Polyak and Juditsky
 * 1992). Weights count by their step to the nineteenth power ("polynomial decay", Shamir and Zhang 2013), so that a run
 * of any length needs no horizon of its own.
 */

import type { Engine, Tensor } from '../engine/index.ts';

const DECAY = 19;
/** Steps between additions, as they take a moment with a large vocabulary; the first steps all count. */
const EVERY = 10;

/** Takes the weights of step `step`, counted from 1, into the engine's average. */
export function addToAverage({ parameters, average }: Pick<Engine, 'parameters' | 'average'>, step: number): void {
  if (step > EVERY && step % EVERY !== 0) return;
  // What is left of the average after the steps since the last addition.
  let rest = 1;
  for (let s = step > EVERY ? step - EVERY + 1 : step; s <= step; s++) rest *= (s - 1) / (s + DECAY);
  average.forEach(({ data }, i) => {
    const values = parameters[i].data;
    for (let k = 0; k < data.length; k++) data[k] = values[k] + rest * (data[k] - values[k]);
  });
}

/** Runs `use` while the engine's parameters are their average. */
export async function withAverage<T>(
  { parameters, average }: Pick<Engine, 'parameters' | 'average'>,
  use: () => Promise<T>,
): Promise<T> {
  exchange(parameters, average);
  try {
    return await use();
  } finally {
    exchange(parameters, average);
  }
}

function exchange(some: readonly Tensor[], others: readonly Tensor[]): void {
  some.forEach(({ data }, i) => {
    const kept = data.slice();
    data.set(others[i].data);
    others[i].data.set(kept);
  });
}
