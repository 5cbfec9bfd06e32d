/** The kernels by themselves, each variant, against plain double-precision arithmetic. */

import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { chooseVariant, type Kernels, loadKernels, variantReports } from '../../src/kernels/index.ts';
import { createRandom, philox } from '../../src/random.ts';

const ROW = 64;
const PANEL = 16;

interface Bench {
  kernels: Kernels;
  floats: Float32Array;
  /** An address with room for `floats` floats, filled with numbers in (-1, 1). */
  random(floats: number): number;
}

function bench(variant: 'wide' | 'fma' | 'strict'): Bench {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  const floats = new Float32Array(memory.buffer);
  const random = createRandom(7);
  let next = 8192;
  return {
    kernels: loadKernels(variant, memory),
    floats,
    random(count) {
      const address = next;
      next += Math.ceil((count * 4) / ROW) * ROW;
      for (let i = 0; i < count; i++) floats[address / 4 + i] = 2 * random.uniform() - 1;
      return address;
    },
  };
}

/** Element (row, column) of a panel matrix. */
function element(floats: Float32Array, base: number, step: number, row: number, column: number): number {
  return floats[(base + (column >> 4) * step + row * ROW) / 4 + (column & 15)];
}

/**
 * Expects a float32 sum to be that of `terms`, within what rounding can do to it in any order: n u times the sum of the
 * magnitudes (Higham 2002, "Accuracy and Stability of Numerical Algorithms", 4.2), with n one larger for terms that are
 * rounded products.
 */
function expectSum(actual: number, terms: readonly number[]): void {
  let sum = 0;
  let magnitudes = 0;
  for (const term of terms) {
    sum += term;
    magnitudes += Math.abs(term);
  }
  expect(Math.abs(actual - sum)).toBeLessThanOrEqual((terms.length + 1) * 2 ** -24 * magnitudes);
}

const usable = variantReports()
  .filter((report) => report.usable)
  .map(({ variant }) => variant);

describe.each(usable)('the %s kernels', (variant) => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 32, 300])('multiply %i rows, on top of what is there', (rows) => {
    const { kernels, floats, random } = bench(variant);
    const [panels, blocks] = [5, 18];
    const step = (rows + 8) * ROW;
    const wStep = blocks * PANEL * ROW;
    const a = random((blocks * step) / 4);
    const w = random((panels * wStep) / 4);
    const c = random((panels * step) / 4);
    const before = floats.slice();
    kernels.productRows(c, step, a, step, w, wStep, rows, panels, blocks);
    for (let row = 0; row < rows + 8; row++) {
      for (let column = 0; column < panels * PANEL; column++) {
        const terms = [element(before, c, step, row, column)];
        for (let k = 0; k < blocks * PANEL && row < rows; k++) {
          terms.push(element(before, a, step, row, k) * element(before, w, wStep, k, column));
        }
        expectSum(element(floats, c, step, row, column), terms);
      }
    }
  });

  it.each([1, 191, 193, 500])('sum outer products over %i rows, and the columns beside', (n) => {
    const { kernels, floats, random } = bench(variant);
    const [aPanels, bPanels] = [2, 3];
    const step = 512 * ROW;
    const cStep = aPanels * PANEL * ROW;
    const a = random((aPanels * step) / 4);
    const b = random((bPanels * step) / 4);
    const c = random((bPanels * cStep) / 4);
    const sums = random(aPanels * PANEL);
    const before = floats.slice();
    kernels.productColumns(c, cStep, a, step, b, step, n, aPanels, bPanels, sums);
    for (let i = 0; i < aPanels * PANEL; i++) {
      const column = Array.from({ length: n }, (_, row) => element(before, a, step, row, i));
      expectSum(floats[sums / 4 + i], [before[sums / 4 + i], ...column]);
      for (let j = 0; j < bPanels * PANEL; j++) {
        const terms = column.map((value, row) => value * element(before, b, step, row, j));
        expectSum(element(floats, c, cStep, i, j), [element(before, c, cStep, i, j), ...terms]);
      }
    }
  });

  it('compute tanh within 4e-7 everywhere, and keep a NaN', () => {
    const { kernels, floats, random } = bench(variant);
    const rows = 2048;
    const z = random(rows * PANEL);
    const h = random(rows * PANEL);
    for (let i = 0; i < rows * PANEL; i++) floats[z / 4 + i] = 12 * floats[z / 4 + i] ** 3;
    kernels.rnnForward(z, h, rows);
    let worst = 0;
    for (let i = 0; i < rows * PANEL; i++) {
      worst = Math.max(worst, Math.abs(floats[h / 4 + i] - Math.tanh(floats[z / 4 + i])));
    }
    expect(worst).toBeLessThan(4e-7);
    floats.set([NaN, Infinity, -Infinity, 1e30], z / 4);
    kernels.rnnForward(z, h, 1);
    expect(floats[h / 4]).toBeNaN();
    expect(Math.abs(floats[h / 4 + 1] - 1)).toBeLessThan(4e-7);
    expect(Math.abs(floats[h / 4 + 2] + 1)).toBeLessThan(4e-7);
    expect(Math.abs(floats[h / 4 + 3] - 1)).toBeLessThan(4e-7);
  });

  it('compute exponentials within 3e-7 of their value down to -64, and exactly 0 below', () => {
    const { kernels, floats, random } = bench(variant);
    const rows = 4096;
    const logits = random(rows * PANEL);
    const largest = random(rows * PANEL);
    const sums = random(rows * PANEL);
    for (let i = 0; i < rows * PANEL; i++) {
      // The first of each row is its largest; the others lie up to 80 below.
      floats[logits / 4 + i] = i % PANEL === 0 ? 0 : -40 * (1 + floats[logits / 4 + i]);
    }
    const x = floats.slice(logits / 4, logits / 4 + rows * PANEL);
    kernels.softmaxExponentials(logits, rows * ROW, rows, 1, largest, sums);
    let worst = 0;
    for (let i = 0; i < x.length; i++) {
      const exponential = floats[logits / 4 + i];
      if (x[i] <= -64) expect(exponential).toBe(0);
      else worst = Math.max(worst, Math.abs(exponential / Math.exp(x[i]) - 1));
    }
    expect(worst).toBeLessThan(3e-7);
    const sum = x.subarray(0, PANEL).reduce((total, value) => total + Math.exp(value), 0);
    expect(Math.abs(floats[sums / 4] / sum - 1)).toBeLessThan(1e-6);
    floats[logits / 4 + 5] = NaN;
    kernels.softmaxExponentials(logits, rows * ROW, 1, 1, largest, sums);
    expect(floats[sums / 4]).toBeNaN();
  });

  it.each([1, 5, 16, 17, 40])('take the softmax of %i columns, and clear those behind', (columns) => {
    const { kernels, floats, random } = bench(variant);
    const rows = 5;
    const step = 8 * ROW;
    const panels = Math.ceil(columns / PANEL);
    const values = random((panels * step) / 4);
    for (let i = values / 4; i < (values + panels * step) / 4; i++) floats[i] *= 30;
    const before = floats.slice();
    kernels.softmaxRows(values, step, rows, columns);
    const rowOf = (of: Float32Array, row: number) =>
      Array.from({ length: panels * PANEL }, (_, column) => element(of, values, step, row, column));
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
    floats[values / 4] = NaN;
    kernels.softmaxRows(values, step, 1, columns);
    expect(floats[values / 4]).toBeNaN();
  });

  it('gather rows by an index, place them, and add them', () => {
    const { kernels, floats, random } = bench(variant);
    const [rows, panels, step, tableStep] = [3, 2, 4 * ROW, 8 * ROW];
    const order = [6, 0, 5];
    const index = random(rows);
    new Int32Array(floats.buffer).set(order, index / 4);
    const table = random((panels * tableStep) / 4);
    const from = random((panels * step) / 4);
    const to = random((panels * step) / 4);
    const before = floats.slice();
    const expectRow = (base: number, itsStep: number, row: number, expected: (column: number) => number) => {
      for (let column = 0; column < panels * PANEL; column++) {
        expect(element(floats, base, itsStep, row, column)).toBe(Math.fround(expected(column)));
      }
    };
    const tableBefore = (row: number) => (column: number) => element(before, table, tableStep, row, column);
    const fromBefore = (row: number) => (column: number) => element(before, from, step, row, column);
    kernels.gatherRows(to, step, table, tableStep, index, rows, panels);
    order.forEach((place, row) => {
      expectRow(to, step, row, tableBefore(place));
    });
    kernels.placeRows(table, tableStep, from, step, index, rows, panels);
    order.forEach((place, row) => {
      expectRow(table, tableStep, place, fromBefore(row));
    });
    expectRow(table, tableStep, 1, tableBefore(1));
    kernels.scatterRows(table, tableStep, from, step, index, rows, panels);
    order.forEach((place, row) => {
      expectRow(table, tableStep, place, (column) => 2 * fromBefore(row)(column));
    });
    kernels.clearRows(table, tableStep, 1, panels);
    expectRow(table, tableStep, 0, () => 0);
    expectRow(table, tableStep, 1, tableBefore(1));
  });

  it('draw dropout masks from the words of Philox', () => {
    const { kernels, floats, random } = bench(variant);
    const from = random(2 * PANEL);
    const to = random(2 * PANEL);
    kernels.dropout(to, ROW, from, ROW, 1, 0, 2, 0x60000000, 1.6, 11, 12, 13, 14, 15);
    const words = new Uint32Array(4);
    for (let column = 0; column < 2 * PANEL; column++) {
      philox([11, 12], [15, (column >> 4) * 4 + (column & 3), 13, 14], words);
      const kept = words[(column >> 2) & 3] >= 0x60000000;
      const expected = kept ? Math.fround(floats[from / 4 + column] * Math.fround(1.6)) : 0;
      expect(floats[to / 4 + column]).toBe(expected);
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
