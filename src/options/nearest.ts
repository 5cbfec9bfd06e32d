/** Which of some names is meant by one that is none of them. */

import { editDistance } from '../text/index.ts';

/** The names that begin so. */
export function beginning(start: string, names: readonly string[]): string[] {
  return names.filter((name) => start !== '' && name.startsWith(start));
}

/** The one name that begins so, or else the one a few slips away: one, and another for each four letters. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const begun = beginning(given.toLowerCase(), names);
  if (begun.length === 1) return begun[0];
  const distances = names.map((name) =>
    editDistance(Array.from(name, codeOf), Array.from(given.toLowerCase(), codeOf)),
  );
  const least = Math.min(...distances);
  const near = names.filter((_, i) => distances[i] === least);
  return near.length === 1 && least <= 1 + given.length / 4 && least < near[0].length ? near[0] : undefined;
}

function codeOf(character: string): number {
  return character.codePointAt(0)!;
}
