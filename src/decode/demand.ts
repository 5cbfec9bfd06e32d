/** What every decoder says of an option out of its range, and of a model that leaves nothing to choose from. */

import { InputError, RunError } from '../errors.ts';

/** Throws an `InputError` that says what was given and what would do, unless `holds`. */
export function demand(holds: boolean, name: string, given: number, wanted: string): void {
  if (!holds) throw new InputError(`The ${name} is ${given}; give ${wanted}.`);
}

/** The ids of a vocabulary but for some. */
export function allBut(ids: readonly number[], vocabulary: number): number[] {
  const some = new Set(ids);
  return Array.from({ length: vocabulary }, (_, id) => id).filter((id) => !some.has(id));
}

/** The error where no token may come next; `n` is the size of n-grams that may not repeat, 0 where they may. */
export function nothingLeft(n: number | undefined): RunError {
  return new RunError(
    n
      ? `No token is left that would not repeat ${n === 1 ? 'another' : `${n} in a row`}: let longer n-grams alone not repeat, or ask for a shorter text.`
      : 'The model gives no allowed token a probability, so that nothing can be written; check its weights.',
  );
}
