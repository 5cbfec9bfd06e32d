/** The kernels by themselves, each variant, against plain double-precision arithmetic. */

import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import {
  chooseVariant,
  f32Index,
  i32Index,
  PANEL,
  type Panels,
  panelsOf,
  variantReports,
} from '../../src/kernels/index.ts';
import { philox } from '../../src/random.ts';
import { bench, expectSum, place, usable } from './support.ts';

/** Rounded to the nearest number of 8 bits, of two that are as near to that with an even last one. */
function bfloat16(x: number): number {
  if (x === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 7);
  const [down, rest] = [Math.floor(x / unit), (x / unit) % 1];
  const part = rest < 0 ? rest + 1 : rest;
  const up = part > 0.5 || (part === 0.5 && down % 2 !== 0);
  return (up ? down + 1 : down) * unit;
}

describe.each(usable)('the %s kernels', (variant) => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 32, 300])('multiply %i rows, on top of what is there', (rows) => {
    const { kernels, floats, matrix } = bench(variant);
    const [panels, blocks] = [5, 18];
    const a = matrix(rows + 8, blocks);
    const w = matrix(blocks * PANEL, panels);
    const c = matrix(rows + 8, panels);
    const before = floats.slice();
    kernels.productRows(c, a, w, rows, panels, blocks);
    for (let row = 0; row < rows + 8; row++) {
      for (let column = 0; column < panels * PANEL; column++) {
        const terms = [before[place(c, row, column)]];
        for (let k = 0; k < blocks * PANEL && row < rows; k++) {
          terms.push(before[place(a, row, k)] * before[place(w, k, column)]);
        }
        expectSum(floats[place(c, row, column)], terms);
      }
    }
  });

  it.each([1, 191, 193, 500])('sum outer products over %i rows, and the columns beside', (n) => {
    const { kernels, floats, random, matrix } = bench(variant);
    const [aPanels, bPanels] = [2, 3];
    const a = matrix(512, aPanels);
    const b = matrix(512, bPanels);
    const c = matrix(aPanels * PANEL, bPanels);
    const sums = random(aPanels * PANEL);
    const first = f32Index(sums);
    const before = floats.slice();
    kernels.productColumns(c, a, b, n, aPanels, bPanels, sums);
    for (let i = 0; i < aPanels * PANEL; i++) {
      const column = Array.from({ length: n }, (_, row) => before[place(a, row, i)]);
      expectSum(floats[first + i], [before[first + i], ...column]);
      for (let j = 0; j < bPanels * PANEL; j++) {
        const terms = column.map((value, row) => value * before[place(b, row, j)]);
        expectSum(floats[place(c, i, j)], [before[place(c, i, j)], ...terms]);
      }
    }
  });

  it.each([1, 7, 100])('multiply %i rows by a weight, both rounded to bfloat16', (rows) => {
    const { kernels, floats, random, matrix } = bench(variant);
    const [inputs, outputs] = [45, 37];
    const weights = random(inputs * outputs);
    const weight = (k: number, j: number): number => floats[f32Index(weights) + k * outputs + j];
    const [panels, blocks] = [panelsOf(outputs), panelsOf(inputs)];
    const a = matrix(rows, blocks);
    const pairs = matrix((blocks * PANEL) / 2, panels);
    const transposed = matrix((panels * PANEL) / 2, blocks);
    floats.fill(0, f32Index(pairs.base), f32Index(transposed.base) + blocks * panels * PANEL * (PANEL / 2));
    const [c, back] = [matrix(rows, panels), matrix(rows, blocks)];
    const before = floats.slice();
    kernels.packPairs(pairs, weights, outputs, inputs, outputs);
    kernels.packPairsTransposed(transposed, weights, outputs, inputs, outputs);
    kernels.productPairs(c, a, pairs, rows, panels, blocks);
    kernels.productPairs(back, c, transposed, rows, blocks, panels);
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < outputs; j++) {
        const terms = [before[place(c, row, j)]];
        for (let k = 0; k < inputs; k++) terms.push(bfloat16(before[place(a, row, k)]) * bfloat16(weight(k, j)));
        expectSum(floats[place(c, row, j)], terms);
      }
      for (let k = 0; k < inputs; k++) {
        const terms = [before[place(back, row, k)]];
        for (let j = 0; j < outputs; j++) terms.push(bfloat16(floats[place(c, row, j)]) * bfloat16(weight(k, j)));
        expectSum(floats[place(back, row, k)], terms);
      }
    }
  });

  it.each([1, 500])('sum outer products over %i rows rounded to bfloat16, and the columns beside', (n) => {
    const { kernels, floats, random, matrix } = bench(variant);
    const [a, b, c] = [matrix(512, 2), matrix(512, 2), matrix(2 * PANEL, 2)];
    const sums = random(2 * PANEL);
    const before = floats.slice();
    kernels.productColumnsPairs(c, a, b, n, 2, 2, sums);
    for (let i = 0; i < 2 * PANEL; i++) {
      const column = Array.from({ length: n }, (_, row) => before[place(a, row, i)]);
      expectSum(floats[f32Index(sums) + i], [before[f32Index(sums) + i], ...column]);
      for (let j = 0; j < 2 * PANEL; j++) {
        const terms = column.map((value, row) => bfloat16(value) * bfloat16(before[place(b, row, j)]));
        expectSum(floats[place(c, i, j)], [before[place(c, i, j)], ...terms]);
      }
    }
  });

  it('compute tanh within 4e-7 everywhere, and keep a NaN', () => {
    const { kernels, floats, random } = bench(variant);
    const rows = 2048;
    const z = random(rows * PANEL);
    const h = random(rows * PANEL);
    const [x, y] = [f32Index(z), f32Index(h)];
    for (let i = 0; i < rows * PANEL; i++) floats[x + i] = 12 * floats[x + i] ** 3;
    kernels.rnnForward(z, h, rows);
    let worst = 0;
    for (let i = 0; i < rows * PANEL; i++) {
      worst = Math.max(worst, Math.abs(floats[y + i] - Math.tanh(floats[x + i])));
    }
    expect(worst).toBeLessThan(4e-7);
    floats.set([NaN, Infinity, -Infinity, 1e30], x);
    kernels.rnnForward(z, h, 1);
    expect(floats[y]).toBeNaN();
    expect(Math.abs(floats[y + 1] - 1)).toBeLessThan(4e-7);
    expect(Math.abs(floats[y + 2] + 1)).toBeLessThan(4e-7);
    expect(Math.abs(floats[y + 3] - 1)).toBeLessThan(4e-7);
  });

  it('compute exponentials within 3e-7 of their value down to -64, and exactly 0 below', () => {
    const { kernels, floats, random, matrix } = bench(variant);
    const rows = 4096;
    const logits = matrix(rows, 1);
    const largest = random(rows * PANEL);
    const sums = random(rows * PANEL);
    const first = f32Index(logits.base);
    for (let i = 0; i < rows * PANEL; i++) {
      // The first of each row is its largest; the others lie up to 80 below.
      floats[first + i] = i % PANEL === 0 ? 0 : -40 * (1 + floats[first + i]);
    }
    const x = floats.slice(first, first + rows * PANEL);
    kernels.softmaxExponentials(logits, rows, 1, largest, sums);
    let worst = 0;
    for (let i = 0; i < x.length; i++) {
      const exponential = floats[first + i];
      if (x[i] <= -64) expect(exponential).toBe(0);
      else worst = Math.max(worst, Math.abs(exponential / Math.exp(x[i]) - 1));
    }
    expect(worst).toBeLessThan(3e-7);
    const sum = x.subarray(0, PANEL).reduce((total, value) => total + Math.exp(value), 0);
    expect(Math.abs(floats[f32Index(sums)] / sum - 1)).toBeLessThan(1e-6);
    floats[first + 5] = NaN;
    kernels.softmaxExponentials(logits, 1, 1, largest, sums);
    expect(floats[f32Index(sums)]).toBeNaN();
  });

  it.each([1, 5, 16, 17, 40])('take the softmax of %i columns, and clear those behind', (columns) => {
    const { kernels, floats, matrix } = bench(variant);
    const rows = 5;
    const panels = panelsOf(columns);
    const values = matrix(8, panels);
    const first = f32Index(values.base);
    for (let i = 0; i < 8 * PANEL * panels; i++) floats[first + i] *= 30;
    const before = floats.slice();
    kernels.softmaxRows(values, rows, columns);
    const rowOf = (of: Float32Array, row: number) =>
      Array.from({ length: panels * PANEL }, (_, column) => of[place(values, row, column)]);
    for (let row = 0; row < rows; row++) {
      const logits = rowOf(before, row).slice(0, columns);
      const largest = Math.max(...logits);
      const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
      rowOf(floats, row).forEach((value, column) => {
        if (column >= columns) expect(value).toBe(0);
        else expect(Math.abs(value - Math.exp(logits[column] - largest) / sum)).toBeLessThan(1e-6);
      });
    }
    expect(rowOf(floats, rows)).toEqual(rowOf(before, rows));
    floats[first] = NaN;
    kernels.softmaxRows(values, 1, columns);
    expect(floats[first]).toBeNaN();
  });

  it('gather rows by an index, place them, and add them', () => {
    const { kernels, floats, random, matrix } = bench(variant);
    const [rows, panels] = [3, 2];
    const order = [6, 0, 5];
    const index = random(rows);
    new Int32Array(floats.buffer).set(order, i32Index(index));
    const table = matrix(8, panels);
    const from = matrix(4, panels);
    const to = matrix(4, panels);
    const before = floats.slice();
    const expectRow = (of: Panels, row: number, expected: (column: number) => number) => {
      for (let column = 0; column < panels * PANEL; column++) {
        expect(floats[place(of, row, column)]).toBe(Math.fround(expected(column)));
      }
    };
    const tableBefore = (row: number) => (column: number) => before[place(table, row, column)];
    const fromBefore = (row: number) => (column: number) => before[place(from, row, column)];
    kernels.gatherRows(to, table, index, rows, panels);
    order.forEach((source, row) => {
      expectRow(to, row, tableBefore(source));
    });
    kernels.placeRows(table, from, index, rows, panels);
    order.forEach((target, row) => {
      expectRow(table, target, fromBefore(row));
    });
    expectRow(table, 1, tableBefore(1));
    kernels.scatterRows(table, from, index, rows, panels);
    order.forEach((target, row) => {
      expectRow(table, target, (column) => 2 * fromBefore(row)(column));
    });
    kernels.clearRows(table, 1, panels);
    expectRow(table, 0, () => 0);
    expectRow(table, 1, tableBefore(1));
  });

  it('draw dropout masks from the words of Philox', () => {
    const { kernels, floats, matrix } = bench(variant);
    const from = matrix(1, 2);
    const to = matrix(1, 2);
    kernels.dropout(to, from, 1, 0, 2, 0x60000000, 1.6, 11, 12, 13, 14, 15);
    const words = new Uint32Array(4);
    for (let column = 0; column < 2 * PANEL; column++) {
      philox([11, 12], [15, (column >> 4) * 4 + (column & 3), 13, 14], words);
      const kept = words[(column >> 2) & 3] >= 0x60000000;
      const expected = kept ? Math.fround(floats[place(from, 0, column)] * Math.fround(1.6)) : 0;
      expect(floats[place(to, 0, column)]).toBe(expected);
    }
  });
});

describe('the choice of a variant', () => {
  it('takes the first usable one, and strict always', () => {
    expect(chooseVariant('auto')).toBe(usable[0]);
    expect(chooseVariant('strict')).toBe('strict');
    expect(usable).toContain('strict');
  });

  it('says why another can not be used', () => {
    for (const { variant, usable: works, why } of variantReports()) {
      if (works) expect(chooseVariant(variant)).toBe(variant);
      else
        expect(() => chooseVariant(variant)).toThrow(
          new InputError(`The ${variant} kernels can't be used here: ${why}; use kernel: "auto".`),
        );
    }
  });
});
