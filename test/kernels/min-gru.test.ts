/** minGRU's pointwise part, each variant, against plain double-precision arithmetic. */

import { describe, expect, it } from 'vitest';
import { f32Index, PANEL } from '../../src/kernels/index.ts';
import { bench, place, usable } from './support.ts';

const ROWS = 64;
const N = ROWS * PANEL;

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const candidate = (x: number): number => (x >= 0 ? x + 0.5 : logistic(x));

/** Expects n floats to be a few roundings, of numbers up to `size`, from what they should be. */
function expectClose(actual: Float32Array, size: number, expected: (k: number) => number): void {
  let worst = 0;
  actual.forEach((value, k) => {
    worst = Math.max(worst, Math.abs(value - expected(k)));
  });
  expect(worst).toBeLessThan(size * 5e-7);
}

describe.each(usable)('the %s kernels', (variant) => {
  it('compute the states and gradients of a minGRU', () => {
    const { kernels, floats, random, matrix } = bench(variant);
    // A panel between the two gates, which nobody touches.
    const gates = matrix(ROWS, 3);
    const z = { base: gates.base, step: 2 * gates.step };
    const rowsAt = (index: number): Float32Array => floats.subarray(index, index + N);
    const [u, between, n] = [0, 1, 2].map((panel) => rowsAt(place(gates, 0, panel * PANEL)));
    const [hPrevious, h, dh, dhPrevious] = Array.from({ length: 4 }, () => random(N));
    const [previous, state, dState, dPrevious] = [hPrevious, h, dh, dhPrevious].map((at) => rowsAt(f32Index(at)));
    for (const sums of [u, n]) sums.set(sums.map((x) => 8 * x ** 3));
    n.set([0, -0, 1e-9, -1e-9]);
    const [zu, zn, untouched, before] = [u, n, between, dPrevious].map((values) => values.slice());

    kernels.minGruForward(z, hPrevious, h, ROWS);
    expectClose(u, 1, (k) => logistic(zu[k]));
    expectClose(n, 8, (k) => candidate(zn[k]));
    expectClose(state, 8, (k) => (1 - logistic(zu[k])) * previous[k] + logistic(zu[k]) * candidate(zn[k]));

    kernels.minGruBackward(z, hPrevious, dh, dhPrevious, ROWS);
    expectClose(u, 8, (k) => {
      const slope = logistic(zu[k]) * (1 - logistic(zu[k]));
      return dState[k] * (candidate(zn[k]) - previous[k]) * slope;
    });
    expectClose(n, 1, (k) => {
      const slope = zn[k] >= 0 ? 1 : logistic(zn[k]) * (1 - logistic(zn[k]));
      return dState[k] * logistic(zu[k]) * slope;
    });
    expectClose(dPrevious, 1, (k) => before[k] + dState[k] * (1 - logistic(zu[k])));
    expect(between).toEqual(untouched);
  });

  it('keep a NaN', () => {
    const { kernels, floats, random, matrix } = bench(variant);
    const z = matrix(1, 2);
    const [hPrevious, h] = [random(PANEL), random(PANEL)];
    floats[place(z, 0, 1)] = NaN;
    floats[place(z, 0, PANEL + 2)] = NaN;
    kernels.minGruForward(z, hPrevious, h, 1);
    const isNaNs = Array.from(floats.subarray(f32Index(h), f32Index(h) + 4), Number.isNaN);
    expect(isNaNs).toEqual([false, true, true, false]);
  });
});
