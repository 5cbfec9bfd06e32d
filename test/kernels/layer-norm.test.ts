/** Layer normalization, each variant, against plain double-precision arithmetic. */

import { describe, expect, it } from 'vitest';
import { type Address, f32Index, offsetBy, PANEL, type Panels, panelsOf, shifted } from '../../src/kernels/index.ts';
import { bench, place, usable } from './support.ts';

const ROWS = 9;

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Expects a number to be a few roundings, of numbers up to `size`, from what it should be. */
function expectClose(actual: number, expected: number, size: number): void {
  expect(Math.abs(actual - expected)).toBeLessThan(size * 1e-6);
}

describe.each(usable)('the %s kernels', (variant) => {
  it.each([1, 5, 16, 17, 40, 150])('normalize rows of %i columns, and find the gradients', (columns) => {
    const { kernels, floats, random, matrix } = bench(variant);
    const panels = panelsOf(columns);
    // A row more than is worked on; and numbers behind the columns, which are not to count.
    const [from, to, dTo, dFrom, dGain, dBias, alone] = Array.from({ length: 7 }, () => matrix(ROWS + 1, panels));
    const [gain, bias] = [random(panels * PANEL), random(panels * PANEL)];
    const [mean, inverse] = [random(ROWS), random(ROWS)];
    const elements = Array.from({ length: columns }, (_, column) => column);
    for (let r = 0; r < ROWS; r++) {
      for (const column of elements) {
        const i = place(from, r, column);
        floats[i] = (r + 1) * floats[i] + r / 2;
      }
    }
    const before = floats.slice();
    const rowOf = (of: Float32Array, m: Panels, r: number) => elements.map((column) => of[place(m, r, column)]);
    const valuesAt = (of: Float32Array, at: Address) => elements.map((column) => of[f32Index(at) + column]);
    const [gains, biases] = [valuesAt(before, gain), valuesAt(before, bias)];
    const expected = Array.from({ length: ROWS }, (_, r) => {
      const row = rowOf(before, from, r);
      const center = meanOf(row);
      const factor = 1 / Math.sqrt(meanOf(row.map((value) => (value - center) ** 2)) + 1e-5);
      return { center, factor, x: row.map((value) => (value - center) * factor), dTo: rowOf(before, dTo, r) };
    });
    const expectPadding = (m: Panels) => {
      for (let column = columns; column < panels * PANEL; column++) expect(floats[place(m, 0, column)]).toBe(0);
      expect(rowOf(floats, m, ROWS)).toEqual(rowOf(before, m, ROWS));
    };

    kernels.layerNorm(to, from, gain, bias, mean, inverse, ROWS, columns);
    expected.forEach(({ center, factor, x }, r) => {
      expectClose(floats[f32Index(mean) + r], center, ROWS);
      expectClose(floats[f32Index(inverse) + r], factor, factor);
      rowOf(floats, to, r).forEach((value, k) => {
        expectClose(value, gains[k] * x[k] + biases[k], 8);
      });
    });
    expectPadding(to);

    kernels.layerNormBackward(dFrom, dTo, from, gain, mean, inverse, ROWS, columns);
    expected.forEach(({ factor, x, dTo }, r) => {
      const d = dTo.map((value, k) => value * gains[k]);
      const [dMean, slope] = [meanOf(d), meanOf(d.map((value, k) => value * x[k]))];
      rowOf(floats, dFrom, r).forEach((value, k) => {
        expectClose(value, factor * (d[k] - dMean - x[k] * slope), 8 * factor);
      });
    });
    expectPadding(dFrom);

    kernels.layerNormGradient(dGain, dBias, dTo, from, mean, inverse, ROWS, panels);
    expected.forEach(({ x, dTo }, r) => {
      const [gainBefore, biasBefore] = [rowOf(before, dGain, r), rowOf(before, dBias, r)];
      rowOf(floats, dGain, r).forEach((value, k) => {
        expectClose(value, gainBefore[k] + dTo[k] * x[k], 8);
      });
      expect(rowOf(floats, dBias, r)).toEqual(biasBefore.map((value, k) => Math.fround(value + dTo[k])));
    });
    for (const sums of [dGain, dBias]) expect(rowOf(floats, sums, ROWS)).toEqual(rowOf(before, sums, ROWS));

    // A row's bits are the same alone and in place.
    const row = ROWS - 2;
    const last = shifted(alone, 0, row);
    kernels.copyPanels(last, shifted(from, 0, row), 1, panels);
    const [meanThen, inverseThen] = [floats[f32Index(mean) + row], floats[f32Index(inverse) + row]];
    kernels.layerNorm(last, last, gain, bias, offsetBy(mean, 4 * row), offsetBy(inverse, 4 * row), 1, columns);
    expect(rowOf(floats, alone, row)).toEqual(rowOf(floats, to, row));
    expect([floats[f32Index(mean) + row], floats[f32Index(inverse) + row]]).toEqual([meanThen, inverseThen]);
    const ofFrom = matrix(ROWS, panels);
    kernels.copyPanels(ofFrom, from, ROWS, panels);
    kernels.layerNormBackward(ofFrom, dTo, ofFrom, gain, mean, inverse, ROWS, columns);
    kernels.layerNormBackward(dTo, dTo, from, gain, mean, inverse, ROWS, columns);
    for (let r = 0; r < ROWS; r++) {
      expect(rowOf(floats, dTo, r)).toEqual(rowOf(floats, dFrom, r));
      expect(rowOf(floats, ofFrom, r)).toEqual(rowOf(floats, dFrom, r));
    }
  });
});
