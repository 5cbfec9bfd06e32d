/** The cut-offs that are chosen, against all that could be. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseCutoffs } from '../../src/model/index.ts';

const zipf = (vocabulary: number): Float64Array => Float64Array.from({ length: vocabulary }, (_, id) => 1 / (id + 1));

/** The cost that the docstring of `chooseCutoffs` defines, written out for one and two cut-offs. */
function cost(counts: ArrayLike<number>, hidden: number, cutoffs: readonly number[]): number {
  const share = (from: number, to: number): number => {
    const values = Array.from(counts);
    const sum = (part: number[]): number => part.reduce((total, value) => total + value, 0);
    return sum(values.slice(from, to)) / sum(values);
  };
  const [first, second = counts.length] = cutoffs;
  const quarter = Math.max(1, Math.floor(hidden / 4));
  const sixteenth = Math.max(1, Math.floor(hidden / 16));
  const head = (first + cutoffs.length) * (hidden + 64);
  const middle = share(first, second) * (quarter * hidden + (quarter + 64) * (second - first));
  const rest = share(second, counts.length) * (sixteenth * hidden + (sixteenth + 64) * (counts.length - second));
  return head + middle + rest;
}

function lowestCost(counts: ArrayLike<number>, hidden: number): number {
  let lowest = Infinity;
  for (let first = 1; first < counts.length; first++) {
    lowest = Math.min(lowest, cost(counts, hidden, [first]));
    for (let second = first + 1; second < counts.length; second++) {
      lowest = Math.min(lowest, cost(counts, hidden, [first, second]));
    }
  }
  return lowest;
}

describe('chosen cut-offs', () => {
  it.each([
    { vocabulary: 2, hidden: 16 },
    { vocabulary: 9, hidden: 3 },
    { vocabulary: 100, hidden: 16 },
    { vocabulary: 150, hidden: 4 },
    { vocabulary: 150, hidden: 100 },
  ])('cost next to nothing more than the best there are: $vocabulary tokens, hidden $hidden', (shape) => {
    const counts = zipf(shape.vocabulary);
    const chosen = chooseCutoffs(counts, shape.hidden);
    expect(cost(counts, shape.hidden, chosen) / lowestCost(counts, shape.hidden)).toBeLessThan(1.01);
  });

  it('are one or two, rise, and leave a token on each side, whatever the counts', () => {
    const someCounts = fc
      .array(fc.nat({ max: 1e6 }), { minLength: 2, maxLength: 300 })
      .filter((counts) => counts.some((count) => count > 0));
    fc.assert(
      fc.property(someCounts, fc.integer({ min: 1, max: 2048 }), (counts, hidden) => {
        const cutoffs = chooseCutoffs(counts, hidden);
        expect([1, 2]).toContain(cutoffs.length);
        const bounds = [0, ...cutoffs, counts.length];
        for (let i = 1; i < bounds.length; i++) expect(bounds[i]).toBeGreaterThan(bounds[i - 1]);
      }),
    );
  });

  it('put tokens that never come into a cluster of their own', () => {
    const counts = Float64Array.from({ length: 5000 }, (_, id) => (id < 1000 ? 1 : 0));
    const last = chooseCutoffs(counts, 128).at(-1)!;
    expect(last).toBeGreaterThanOrEqual(1000);
    expect(last).toBeLessThan(1100);
  });

  it('are few for a large vocabulary, most targets being in the head', () => {
    expect(chooseCutoffs(zipf(100_000), 256)).toEqual([609, 16384]);
  });

  it('depend on the ratios of the counts alone', () => {
    const counts = zipf(3000);
    expect(
      chooseCutoffs(
        Array.from(counts, (count) => 12_345 * count),
        64,
      ),
    ).toEqual(chooseCutoffs(counts, 64));
  });

  it('need something to go by', () => {
    expect(() => chooseCutoffs([5], 16)).toThrow(RangeError);
    expect(() => chooseCutoffs([0, 0, 0], 16)).toThrow(RangeError);
  });
});
