/** Timing loops and medians. */

/** Steps that are not timed, at least, and for how many seconds: V8 compiles the hot code meanwhile. */
const WARM_STEPS = 3;
const WARM_SECONDS = 0.7;

/**
 * Tokens a second over at least `seconds` and one step, after a warm-up; a step tells how many it took. `warmSteps` is
 * for steps that take so long that more would be waste.
 */
export async function tokensPerSecond(
  step: () => number | Promise<number>,
  seconds: number,
  { warmSteps = WARM_STEPS, warmSeconds = WARM_SECONDS, onWarm = (): void => {} } = {},
): Promise<number> {
  const warmUntil = performance.now() + warmSeconds * 1000;
  for (let i = 0; i < warmSteps || performance.now() < warmUntil; i++) await step();
  onWarm();
  const began = performance.now();
  let tokens = 0;
  let elapsed = 0;
  while (elapsed < seconds) {
    tokens += await step();
    elapsed = (performance.now() - began) / 1000;
  }
  return tokens / elapsed;
}

export function median(values: readonly number[]): number {
  return medianBy(values, (value) => value);
}

/** The element in the middle, by `key`; of an even number the lower one. */
export function medianBy<T>(elements: readonly T[], key: (element: T) => number): T {
  return elements.toSorted((a, b) => key(a) - key(b))[(elements.length - 1) >> 1];
}
