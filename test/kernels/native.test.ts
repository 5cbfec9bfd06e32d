/** The native kernels with every instruction set that this processor has: to the bit what the compiled ones give. */

import { describe, expect, it } from 'vitest';
import { type Address, f32Index, NOWHERE, PANEL, type PanelMatrix, variantReports } from '../../src/kernels/index.ts';
import { openLibrary, SETS } from '../../src/kernels/native.ts';
import { type Bench, bench, usable } from './support.ts';

/** What some work leaves in the memory of a variant's kernels. */
function memoryAfter(on: Bench, work: (on: Bench) => void): Uint32Array {
  work(on);
  return new Uint32Array(on.floats.buffer);
}

/** Halves that go to even, denormals, the largest number, infinities and others that are no numbers. */
const SPECIAL = [
  ...[0x3f808000, 0x3f818000, 0x3f808001, 0xbf807fff, 0x00012345, 0x807fffff, 0x00800000, 0x7f7fffff],
  ...[0xff7f8000, 0x7f800000, 0xff800000, 0x7f800001, 0x7fc12345, 0xffc00000, 0, 0x80000000],
];

/** The instruction sets that are here; none without a library. */
const sets = usable.includes('native')
  ? SETS[process.arch].slice(0, SETS[process.arch].indexOf(openLibrary().instructions) + 1)
  : [];

describe.each(sets)('with %s', (set) => {
  function expectSameBits(work: (on: Bench) => void): void {
    const here = memoryAfter(
      bench('native', () => openLibrary(set)),
      work,
    );
    expect(Buffer.compare(Buffer.from(here.buffer), Buffer.from(memoryAfter(bench('fma'), work).buffer))).toBe(0);
  }

  it.each([0, 1, 2, 3, 7, 11, 12, 13, 25, 64, 300])('a product of %i rows has the bits of fma', (rows) => {
    for (const [panels, blocks] of [
      [1, 1],
      [2, 17],
      [9, 33],
    ]) {
      expectSameBits(({ kernels, matrix }) => {
        const [c, a, w] = [matrix(rows + 2, panels), matrix(rows + 2, blocks), matrix(blocks * PANEL, panels)];
        kernels.productRows(c, a, w, rows, panels, blocks);
      });
    }
  });

  it.each([1, 2, 5, 12, 13, 97, 200])('a product of %i rows with weights as pairs has the bits of fma', (rows) => {
    for (const [panels, blocks] of [
      [1, 1],
      [3, 33],
      [9, 2],
    ]) {
      expectSameBits(({ kernels, matrix, random }) => {
        const [c, a, w] = [matrix(rows + 2, panels), matrix(rows + 2, blocks), matrix((blocks * PANEL) / 2, panels)];
        const columns = panels * PANEL - 3;
        const inputs = blocks * PANEL - 5;
        kernels.packPairs(w, random(inputs * columns), columns, inputs, columns);
        kernels.productPairs(c, a, w, rows, panels, blocks);
        kernels.packPairsTransposed(w, random(inputs * columns), inputs, columns, inputs);
        kernels.productPairs(c, a, w, rows, panels, blocks);
      });
    }
  });

  it.each([1, 191, 256, 500])('a sum of rounded outer products over %i rows has the bits of fma', (n) => {
    for (const bPanels of [1, 2, 3, 26]) {
      expectSameBits(({ kernels, matrix, random }) => {
        const [c, a, b] = [matrix(2 * PANEL, bPanels), matrix(512, 2), matrix(512, bPanels)];
        kernels.productColumnsPairs(c, a, b, n, 2, bPanels, random(2 * PANEL));
        kernels.productColumnsPairs(c, a, b, n, 1, bPanels, NOWHERE);
      });
    }
  });

  it('rounding to bfloat16 has the bits of fma, of what is not a number too', () => {
    expectSameBits(({ kernels, floats, matrix }) => {
      const [c, a, b] = [matrix(PANEL, 1), matrix(PANEL, 1), matrix(PANEL, 1)];
      const [first, weights] = [f32Index(a.base), f32Index(b.base)];
      new Uint32Array(floats.buffer).set(SPECIAL, first);
      kernels.packPairs(b, a.base, PANEL, 2, PANEL);
      kernels.packPairsTransposed(b, a.base, 2, 1, 2);
      floats.fill(1, weights, weights + PANEL * PANEL);
      kernels.productColumnsPairs(c, a, b, 1, 1, 1, NOWHERE);
    });
  });

  it('gates, states and their gradients have the bits of fma', () => {
    for (const rows of [1, 7, 32]) {
      expectSameBits(({ kernels, matrix, random }) => {
        const z = (): PanelMatrix => matrix(rows + 1, 4);
        const state = (): Address => random(rows * PANEL);
        kernels.lstmForward(z(), state(), state(), state(), rows);
        kernels.lstmBackward(z(), state(), state(), state(), state(), rows);
        kernels.gruAfterForward(z(), state(), state(), rows);
        kernels.gruAfterBackward(z(), state(), state(), state(), rows);
        kernels.gruBeforeGates(z(), state(), state(), rows);
        kernels.gruBeforeForward(z(), state(), state(), rows);
        kernels.gruBeforeBackward(z(), state(), state(), state(), rows);
        kernels.rnnForward(state(), state(), rows);
      });
    }
  });

  it('tanh and the logistic function have the bits of fma from -20 to 20, and keep a NaN', () => {
    expectSameBits(({ kernels, floats, matrix, random }) => {
      const rows = 512;
      const z = matrix(rows, 4);
      const first = f32Index(z.base);
      for (let i = 0; i < 4 * rows * PANEL; i++) floats[first + i] = (i - 2 * rows * PANEL) / (100 * rows);
      floats.set([NaN, Infinity, -Infinity, 0, -0, 1e-40], first);
      kernels.lstmForward(z, random(rows * PANEL), random(rows * PANEL), random(rows * PANEL), rows);
    });
  });

  it('the exponentials of a softmax, and their sums, have the bits of fma', () => {
    for (const panels of [1, 5, 40]) {
      expectSameBits(({ kernels, floats, matrix, random }) => {
        const logits = matrix(9, panels);
        const first = f32Index(logits.base);
        for (let i = 0; i < 9 * panels * PANEL; i++) floats[first + i] *= 50;
        floats.set([-1e30, -0], first);
        kernels.softmaxExponentials(logits, 9, panels, random(9 * PANEL), random(9 * PANEL));
      });
    }
  });

  it('a NaN among the logits is in the sum of its row, and in no other', () => {
    const { kernels, floats, matrix, random } = bench('native', () => openLibrary(set));
    const [logits, largest, sums] = [matrix(2, 3), random(2 * PANEL), random(2 * PANEL)];
    floats[f32Index(logits.base) + 5] = NaN;
    kernels.softmaxExponentials(logits, 2, 3, largest, sums);
    expect(floats[f32Index(sums)]).toBeNaN();
    expect(floats[f32Index(sums) + PANEL]).toBeGreaterThan(1);
  });

  it('a denormal sum of rounded products is less than 2^-126 a k from that of fma', () => {
    const sums = [bench('fma'), bench('native', () => openLibrary(set))].map(({ kernels, floats, matrix, random }) => {
      const [c, a, w] = [matrix(3, 1), matrix(3, 1), matrix(PANEL / 2, 1)];
      kernels.packPairs(w, random(PANEL * PANEL), PANEL, PANEL, PANEL);
      for (const { base } of [c, a]) {
        for (let i = 0; i < 3 * PANEL; i++) floats[f32Index(base) + i] *= 2 ** -126;
      }
      kernels.productPairs(c, a, w, 3, 1, 1);
      return floats.slice(f32Index(c.base), f32Index(c.base) + 3 * PANEL);
    });
    sums[0].forEach((sum, i) => {
      expect(Math.abs(sums[1][i] - sum)).toBeLessThanOrEqual((PANEL + 1) * 2 ** -126);
    });
  });

  it.each([1, 191, 193, 500])('a sum of outer products over %i rows has the bits of fma', (n) => {
    for (const bPanels of [1, 2, 3, 7]) {
      expectSameBits(({ kernels, matrix, random }) => {
        const [c, a, b] = [matrix(2 * PANEL, bPanels), matrix(512, 2), matrix(512, bPanels)];
        kernels.productColumns(c, a, b, n, 2, bPanels, random(2 * PANEL));
        kernels.productColumns(c, a, b, n, 1, bPanels, NOWHERE);
      });
    }
  });
});

describe('the library', () => {
  it.skipIf(sets.length === 0)('says which instruction set it is held to', () => {
    expect(openLibrary(sets[0]).instructions).toBe(sets[0]);
    expect(() => openLibrary('mmx')).toThrow(`this processor has ${sets.join(', ')}, and not GATELM_INSTRUCTIONS=mmx`);
  });

  it('is what the fastest variant has its kernels from, or why it is not is said', () => {
    const [report] = variantReports();
    expect(report.variant).toBe('native');
    expect(report.why).toMatch(report.usable ? /instructions, from .*native-/ : /\w/);
  });

  it.skipIf(sets.length === 0)('works on several memories at once', () => {
    const [one, two] = [bench('native'), bench('native')];
    const place = ({ matrix }: Bench) => [matrix(2, 1), matrix(2, 1), matrix(PANEL, 1)] as const;
    const [c, a, w] = place(one);
    place(two);
    const first = f32Index(c.base);
    const before = two.floats[first];
    one.kernels.productRows(c, a, w, 2, 1, 1);
    expect(two.floats[first]).toBe(before);
    expect(one.floats[first]).not.toBe(before);
    two.kernels.productRows(c, a, w, 2, 1, 1);
    expect(two.floats[first]).toBe(one.floats[first]);
  });
});
