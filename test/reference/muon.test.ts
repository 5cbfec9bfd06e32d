/** The reference's iteration on matrices whose singular values are known. */

import { describe, expect, it } from 'vitest';
import { orthogonalized } from './muon.ts';

/** What the iteration makes of a singular value that is `share` of the matrix's Frobenius norm. */
function afterwards(share: number): number {
  let s = share;
  for (let iteration = 0; iteration < 5; iteration++) s = 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
  return s;
}

/** U diag(singular) V' for a rotation U by 0.3 and columns V of a rotation by 1.1, with a column of zeros behind it. */
function matrixOf([first, second]: readonly [number, number]): Float64Array {
  const [c, s, d, t] = [Math.cos(0.3), Math.sin(0.3), Math.cos(1.1), Math.sin(1.1)];
  const left = [first * c * d + second * s * t, first * c * t - second * s * d, 0];
  return Float64Array.from([...left, first * s * d - second * c * t, first * s * t + second * c * d, 0]);
}

describe('the reference of Muon', () => {
  it.each([
    [3, 4],
    [5, 0.01],
    [2e-5, 1e-5],
    [3e-8, 4e-8],
  ] as const)('keeps the singular vectors of %d and %d', (first, second) => {
    const norm = Math.max(1e-7, Math.hypot(first, second));
    const expected = matrixOf([afterwards(first / norm), afterwards(second / norm)]);
    orthogonalized(matrixOf([first, second]), { rows: 2, columns: 3 }).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k], 12);
    });
  });

  it('brings singular values near 1, but for tiny ones', () => {
    for (let share = 0.005; share <= 1; share += 0.005) {
      expect(afterwards(share)).toBeGreaterThan(0.67);
      expect(afterwards(share)).toBeLessThan(1.21);
    }
  });

  it('leaves zero alone', () => {
    expect(orthogonalized(new Float64Array(6), { rows: 3, columns: 2 })).toEqual(new Float64Array(6));
  });
});
