/** Made-up token ids, as unevenly spread as those of a text, so that measuring needs no data. */

import { createRandom } from '../src/random.ts';

/** The special tokens, which come first, don't occur. */
const FIRST = 4;

/** `count` ids below `vocabulary`; the r-th token has a probability in proportion to 1 / r (Zipf). */
export function zipfTokens(vocabulary: number, count: number, seed: number): Int32Array {
  const random = createRandom(seed);
  const types = vocabulary - FIRST;
  const cumulative = new Float64Array(types);
  let total = 0;
  for (let i = 0; i < types; i++) {
    total += 1 / (i + 1);
    cumulative[i] = total;
  }
  return Int32Array.from({ length: count }, () => FIRST + firstAbove(cumulative, random.uniform() * total));
}

/** The index of the first of some rising numbers that is above `x`. */
function firstAbove(rising: Float64Array, x: number): number {
  let low = 0;
  let high = rising.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] > x) high = middle;
    else low = middle + 1;
  }
  return low;
}
