/** What is said about how norms fall. */

import { describe, expect, it } from 'vitest';
import { decayOf } from '../../src/inspect/index.ts';

describe('decayOf', () => {
  it('finds the factor of an exponential decay, whatever stands at k = 0', () => {
    const norms = Array.from({ length: 50 }, (_, k) => (k === 0 ? 5 : 2 * 0.9 ** k));
    const { factor, hundredth } = decayOf(norms);
    expect(factor).toBeCloseTo(0.9, 9);
    expect(norms[hundredth!]).toBeLessThan(0.05);
    expect(norms[hundredth! - 1]).toBeGreaterThanOrEqual(0.05);
  });

  it('leaves out what single precision can not hold', () => {
    expect(decayOf([1, 1e-10, 1e-20, 1e-30, 1e-38, 0, 0]).factor).toBeCloseTo(1e-10, 12);
  });

  it('says when there is nothing to say', () => {
    expect(decayOf([1, 0.5])).toEqual({ factor: Number.NaN, hundredth: null });
    expect(decayOf([0, 0, 0])).toEqual({ factor: Number.NaN, hundredth: null });
  });
});
