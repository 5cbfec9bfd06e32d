/** Comparison of named tensors, with a message that says where they differ most. */

import { expect } from 'vitest';

type Numbers = Record<string, ArrayLike<number>>;

/**
 * Every value of `expected` within `tolerance` of the largest magnitude of its tensor (at least `floor`, for tensors that are
 * zero but for rounding); the names must be the same too.
 */
export function expectClose(actual: Numbers, expected: Numbers, tolerance: number, what: string, floor = 1e-30): void {
  expect(Object.keys(actual).sort(), `names of ${what}`).toEqual(Object.keys(expected).sort());
  const differences = Object.keys(expected).map((name) => worstElement(name, actual[name], expected[name], floor));
  const worst = differences.reduce((a, b) => (a.relative >= b.relative ? a : b));
  expect(worst.relative <= tolerance, `${what}: ${worst.text}, allowed ${tolerance}`).toBe(true);
}

function worstElement(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>, floor: number) {
  if (actual.length !== expected.length) {
    return { relative: Infinity, text: `${name} has ${actual.length} values instead of ${expected.length}` };
  }
  let index = 0;
  let largest = floor;
  let difference = 0;
  for (let k = 0; k < expected.length; k++) {
    largest = Math.max(largest, Math.abs(expected[k]));
    const error = Math.abs(actual[k] - expected[k]);
    if (!(error <= difference)) {
      difference = Number.isNaN(error) ? Infinity : error;
      index = k;
    }
  }
  const relative = difference / largest;
  const text = `${name}[${index}] is ${actual[index]} instead of ${expected[index]}, off by ${relative} of the tensor's largest`;
  return { relative, text };
}

/** The same as `expectClose` for single numbers, relative to the expected one. */
export function expectNumberClose(actual: number, expected: number, tolerance: number, what: string): void {
  expectClose({ value: [actual] }, { value: [expected] }, tolerance, what);
}

/** Exact comparison of the bits of named tensors. */
export function expectSameBits(
  actual: Record<string, Uint32Array>,
  expected: Record<string, Uint32Array>,
  what: string,
): void {
  expect(Object.keys(actual), `names of ${what}`).toEqual(Object.keys(expected));
  const different = Object.keys(expected).flatMap((name) => {
    const count = expected[name].filter((bits, index) => bits !== actual[name][index]).length;
    return count > 0 || actual[name].length !== expected[name].length ? [`${count} values of ${name}`] : [];
  });
  expect(different, `${what}: differing bits`).toEqual([]);
}
