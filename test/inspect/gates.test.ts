/** Statistics of gates, over activations that are known. */

import { describe, expect, it } from 'vitest';
import type { Activations, Inspector } from '../../src/engine/index.ts';
import { activationsOf, gateStatistics, mostVariable } from '../../src/inspect/index.ts';

/** Of one layer of two units; each sequence has its own values. */
function inspector(sequences: readonly Activations[], keeping?: Inspector['keeping']): Inspector {
  return {
    keeping,
    gradients: () => [],
    activations(_, visit) {
      for (const [i, values] of sequences.entries()) visit(i, 0, values);
    },
  };
}

const values = (...list: number[]): Float32Array => Float32Array.from(list);
const SHAPE = { layers: 1, hidden: 2 };
const FORGET = { gate: 'f', inverted: false };

describe('gateStatistics', () => {
  it('averages over units, tokens and sequences', () => {
    const sequences = [
      { f: values(0.5, 0.99, 0.5, 0.99), h: values(0, 0, -0.95, 0.5) },
      { f: values(0.5, 0.95), h: values(0.05, 0.95) },
    ];
    const [{ gates, timeConstants }] = gateStatistics(inspector(sequences, FORGET), [[], []], SHAPE);
    const [f, h] = gates;
    expect(f.name).toBe('f');
    expect(f.mean).toBeCloseTo((3 * 0.5 + 2 * 0.99 + 0.95) / 6, 6);
    expect(f.spread).toBeCloseTo(Math.sqrt((3 * 0.25 + 2 * 0.99 ** 2 + 0.95 ** 2) / 6 - f.mean ** 2), 5);
    expect([f.low, f.high]).toEqual([0, 0.5]);
    expect([h.low, h.high]).toEqual([0.5, 2 / 6]);
    expect(timeConstants![0]).toBeCloseTo(-1 / Math.log(0.5), 5);
    expect(timeConstants![1]).toBeCloseTo(-1 / Math.log((2 * 0.99 + 0.95) / 3), 3);
  });

  it('knows of no time constants without a gate that keeps', () => {
    const sequences = [{ h: values(0.5, 0.5) }];
    expect(gateStatistics(inspector(sequences), [[]], SHAPE)[0].timeConstants).toBeUndefined();
  });

  it('takes what a gate leaves, where that is kept', () => {
    const sequences = [{ r: values(1, 1), z: values(0.9, 0.25), h: values(0, 0) }];
    const constants = (inverted: boolean) =>
      gateStatistics(inspector(sequences, { gate: 'z', inverted }), [[]], SHAPE)[0].timeConstants!;
    expect(constants(false)[0]).toBeCloseTo(9.49, 2);
    expect(constants(true)[0]).toBeCloseTo(-1 / Math.log(0.1), 5);
    expect(constants(true)[1]).toBeCloseTo(-1 / Math.log(0.75), 5);
  });
});

describe('mostVariable', () => {
  it('puts the units first that change most', () => {
    expect(mostVariable(values(9, 0, 1, 9, 0.5, -1, 9, 0, 1), 3, 2)).toEqual([2, 1]);
  });
});

it('activationsOf takes each layer', () => {
  expect(activationsOf(inspector([{ h: values(1) }]), [3])).toEqual([{ h: values(1) }]);
});
