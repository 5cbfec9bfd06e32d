/** The native kernels with every instruction set that this processor has: to the bit what the compiled ones give. */

import { describe, expect, it } from 'vitest';
import { type Address, f32Index, NOWHERE, PANEL, type PanelMatrix, variantReports } from '../../src/kernels/index.ts';
import { openLibrary, SETS } from '../../src/kernels/native.ts';
import { philox } from '../../src/random.ts';
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

/** Sorts of numbers, as functions of one in (-1, 1). */
const NUMBERS: [string, (x: number) => number][] = [
  ['small numbers', (x) => x],
  ['numbers up to 100', (x) => 100 * x],
  ['numbers of every size, from 0 to infinity', (x) => Math.sign(x) * 2 ** (300 * Math.abs(x) - 160)],
  ['denormal numbers', (x) => x * 2 ** -126],
  ['numbers near 1e-30', (x) => x * 3e-30],
  ['numbers and zeros, infinities and NaN', (x) => [x, 0, -0, Infinity, -Infinity, NaN][Math.floor(Math.abs(x) * 6)]],
];

/** A bench whose memory is filled with another sort of numbers. */
function filled(on: Bench, number: (x: number) => number): Bench {
  const fill = (start: Address, count: number): void => {
    const values = on.floats.subarray(f32Index(start), f32Index(start) + count);
    values.set(values.map(number));
  };
  return {
    ...on,
    random(count) {
      const start = on.random(count);
      fill(start, count);
      return start;
    },
    matrix(rows, panels) {
      const matrix = on.matrix(rows, panels);
      fill(matrix.base, rows * panels * PANEL);
      return matrix;
    },
  };
}

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

  /** Which NaN it is may differ: of two operands either's comes through. */
  function expectSameNumbers(work: (on: Bench) => void): void {
    expectSameBits((on) => {
      work(on);
      const bits = new Uint32Array(on.floats.buffer);
      on.floats.forEach((value, i) => {
        if (Number.isNaN(value)) bits[i] = 0x7fc00000;
      });
    });
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

  describe.each(NUMBERS)('of %s', (_, number) => {
    it('gates, states and their gradients have the bits of fma', () => {
      for (const rows of [1, 7, 32]) {
        expectSameNumbers((on) => {
          const { kernels, matrix, random } = filled(on, number);
          const z = (): PanelMatrix => matrix(rows + 1, 4);
          const state = (): Address => random(rows * PANEL);
          kernels.lstmForward(z(), state(), state(), state(), rows);
          kernels.lstmBackward(z(), state(), state(), state(), state(), rows);
          kernels.gruAfterForward(z(), state(), state(), rows);
          kernels.gruAfterBackward(z(), state(), state(), state(), rows);
          kernels.gruBeforeGates(z(), state(), state(), rows);
          kernels.gruBeforeForward(z(), state(), state(), rows);
          kernels.gruBeforeBackward(z(), state(), state(), state(), rows);
          kernels.gruSimpleForward(z(), state(), state(), rows);
          kernels.gruBeforeResetBackward(state(), state(), state(), state(), rows);
          kernels.rnnForward(state(), state(), rows);
          kernels.rnnBackward(state(), state(), state(), rows);
          kernels.minGruForward(z(), state(), state(), rows);
          kernels.minGruBackward(z(), state(), state(), state(), rows);
        });
      }
    });

    it('the exponentials of a softmax, their sums and multiples have the bits of fma', () => {
      for (const panels of [1, 5, 40]) {
        expectSameNumbers((on) => {
          const { kernels, floats, matrix, random } = filled(on, number);
          const logits = matrix(9, panels);
          floats.set([-1e30, -0], f32Index(logits.base));
          kernels.softmaxExponentials(logits, 9, panels, random(9 * PANEL), random(9 * PANEL));
          kernels.scaleRows(logits, 8, panels, random(9 * PANEL));
        });
      }
    });

    it.each([8, 16, 24, 4096])('updates of %i parameters have the bits of fma', (n) => {
      expectSameNumbers((on) => {
        const { kernels, random } = filled(on, number);
        // More than n, to see that those behind stay.
        const block = (): Address => random(n + 16);
        kernels.adam(block(), block(), block(), block(), n, 0.7, 1e-3, 1.5, 0.01, 1);
        kernels.adam(block(), block(), block(), block(), n, 1, 1e-3, 31, 0, 0.99);
        kernels.rmsprop(block(), block(), block(), n, 0.7, 1e-3, 0.01);
        kernels.sgd(block(), block(), block(), n, 0.7, 1e-3, 0.01);
        kernels.lion(block(), block(), block(), n, 0.7, 1e-3, 0.01);
        kernels.scale(block(), n, 0.9);
      });
    });

    it.each([1, 4, 7, 64])('dropout of %i rows has the bits of fma', (rows) => {
      expectSameNumbers((on) => {
        const { kernels, matrix } = filled(on, number);
        const [to, from] = [matrix(rows + 1, 5), matrix(rows + 1, 5)];
        kernels.dropout(to, from, rows, 1, 3, 0x30000000, 1.25, -7, 12, 13, 14, 2 ** 31 - 2);
        kernels.dropout(from, from, rows, 0, 5, 0xf0000000, 16, 11, -1, 2 ** 31 - 1, -14, 15);
      });
    });
  });

  it('moments are cut up to 1e-30, and dropout keeps the words from its threshold on, as fma does', () => {
    const [position, seed, update, layer] = [15, 11, 13, 14];
    const words = new Uint32Array(4);
    philox([seed, 0], [position, 0, update, layer], words);
    const expectKept = (on: Bench): void => {
      const { kernels, floats, matrix, random } = on;
      const moments = random(8);
      floats.set([1e-30, -1e-30, 1.0000001e-30, NaN], f32Index(moments));
      kernels.scale(moments, 8, 1);
      const kept = [...floats.subarray(f32Index(moments), f32Index(moments) + 4)];
      expect(kept).toEqual([0, 0, Math.fround(1.0000001e-30), 0]);
      const [to, from] = [matrix(1, 1), matrix(1, 1)];
      kernels.dropout(to, from, 1, 0, 1, words[0], 1, seed, 0, update, layer, position);
      expect(floats[f32Index(to.base)]).toBe(floats[f32Index(from.base)]);
      kernels.dropout(to, from, 1, 0, 1, words[0] + 1, 1, seed, 0, update, layer, position);
      expect(floats[f32Index(to.base)]).toBe(0);
    };
    expectSameBits(expectKept);
  });

  it('tanh and the logistic function have the bits of fma from -20 to 20', () => {
    expectSameBits(({ kernels, floats, matrix, random }) => {
      const rows = 512;
      const z = matrix(rows, 4);
      const first = f32Index(z.base);
      for (let i = 0; i < 4 * rows * PANEL; i++) floats[first + i] = (i - 2 * rows * PANEL) / (100 * rows);
      kernels.lstmForward(z, random(rows * PANEL), random(rows * PANEL), random(rows * PANEL), rows);
    });
  });

  it('a NaN comes through gates', () => {
    const { kernels, floats, matrix, random } = bench('native', () => openLibrary(set));
    const [z, before, c, h] = [matrix(1, 4), random(PANEL), random(PANEL), random(PANEL)];
    floats[f32Index(z.base) + 5] = NaN;
    kernels.lstmForward(z, before, c, h, 1);
    const [states, outputs] = [c, h].map((at) => floats.subarray(f32Index(at), f32Index(at) + PANEL));
    for (const values of [states, outputs]) expect([...values].map(Number.isNaN).indexOf(true)).toBe(5);
    for (const values of [states, outputs]) expect(values.filter(Number.isNaN)).toHaveLength(1);
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
