/** Updates of parameters, and the average of the weights: each variant, against plain double-precision arithmetic. */

import { describe, expect, it } from 'vitest';
import { f32Index } from '../../src/kernels/index.ts';
import { bench, usable } from './support.ts';

const N = 1024;

/** Blocks of N numbers in (-1, 1): their addresses, their values as they are now, and as they were. */
function blocks(variant: (typeof usable)[number], count: number) {
  const { kernels, floats, random } = bench(variant);
  const at = Array.from({ length: count }, () => random(N));
  const now = at.map((address) => floats.subarray(f32Index(address), f32Index(address) + N));
  return { kernels, at, now, before: now.map((values) => Float64Array.from(values)) };
}

/** Expects numbers that are a few roundings, of numbers up to 2, from what they should be. */
function expectClose(actual: Float32Array, expected: (k: number) => number): void {
  let worst = 0;
  actual.forEach((value, k) => {
    worst = Math.max(worst, Math.abs(value - expected(k)));
  });
  expect(worst).toBeLessThan(4e-7);
}

describe.each(usable)('the %s kernels', (variant) => {
  it('average weights to the bits of double precision', () => {
    const { kernels, at, now } = blocks(variant, 2);
    const [to, from] = now;
    const expected = to.slice();
    for (const rest of [0, 0.9, 0.999, 1 / 3, 1]) {
      kernels.average(at[0], at[1], N, rest);
      for (let k = 0; k < N; k++) expected[k] = from[k] + rest * (expected[k] - from[k]);
      expect(to).toEqual(expected);
    }
  });

  it('exchange weights', () => {
    const { kernels, at, now, before } = blocks(variant, 3);
    kernels.exchange(at[0], at[1], N - 8);
    expect(Float64Array.from(now[0])).toEqual(Float64Array.from([...before[1].slice(0, -8), ...before[0].slice(-8)]));
    expect(Float64Array.from(now[1])).toEqual(Float64Array.from([...before[0].slice(0, -8), ...before[1].slice(-8)]));
    expect(Float64Array.from(now[2])).toEqual(before[2]);
  });

  it('step by the sign of a moment with Lion', () => {
    const { kernels, at, now } = blocks(variant, 3);
    const [scale, rate, decay] = [0.5, 0.125, 0.25];
    // Nothing to go by, and moments that fade away.
    now[1].set([0, 0, 0]);
    now[2].set([0, 1e-30, -1.005e-30]);
    const [p, g, m] = now.map((values) => Float64Array.from(values));
    kernels.lion(at[0], at[1], at[2], N, scale, rate, decay);
    expectClose(now[0], (k) => p[k] - rate * (Math.sign(0.9 * m[k] + 0.1 * scale * g[k]) + decay * p[k]));
    expectClose(now[2], (k) => 0.99 * m[k] + 0.01 * scale * g[k]);
    expect([...now[2].subarray(0, 3)]).toEqual([0, 0, 0]);
    expect(Float64Array.from(now[1])).toEqual(g);
  });

  it('look ahead with the momentum of Muon, in place too', () => {
    const { kernels, at, now } = blocks(variant, 3);
    now[1].set([0, 0]);
    now[2].set([0, 1e-30]);
    const [, g, m] = now.map((values) => Float64Array.from(values));
    const moment = (k: number): number => 0.95 * m[k] + 0.5 * g[k];
    kernels.nesterov(at[0], at[1], at[2], N, 0.5);
    expectClose(now[0], (k) => 0.5 * g[k] + 0.95 * moment(k));
    expectClose(now[2], moment);
    expect(now[2][1]).toBe(0);
    const ahead = now[0].slice();
    now[2].set(m);
    kernels.nesterov(at[1], at[1], at[2], N, 0.5);
    expect(now[1]).toEqual(ahead);
  });

  it('add multiples of matrices', () => {
    const { kernels, at, now, before } = blocks(variant, 2);
    const [y, x] = before;
    kernels.axpby(at[0], at[1], N, 0.75, -1.5);
    expectClose(now[0], (k) => 0.75 * x[k] - 1.5 * y[k]);
    expect(Float64Array.from(now[1])).toEqual(x);
  });
});
