/** How threads share the positions of a sequence whose sums are computed at once. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemory } from '../../src/engine/memory/index.ts';
import { sequencePositions } from '../../src/engine/parts/stack.ts';
import { createContext, createPlan } from '../../src/engine/plan.ts';
import { createThreads } from '../../src/engine/team/index.ts';
import { modelConfig } from '../reference/random.ts';

/** The runs of each of `threads` threads, for rows of these lengths, the longest first. */
function shares(lengths: readonly number[], threads: number, hidden = 5) {
  const steps = lengths[0];
  const active = Array.from({ length: steps }, (_, t) => lengths.filter((length) => length > t).length);
  const options = { model: modelConfig({ hidden }), batchSize: lengths.length, sequenceLength: steps };
  const plan = createPlan({ ...options, threads, kernel: 'strict' });
  const memory = createMemory(plan.bytes, '');
  const [layer] = plan.network.stacks[0].levels[0].layers;
  return Array.from({ length: threads }, (_, rank) => {
    const context = createContext(
      memory,
      plan,
      'strict',
      createThreads(memory.buffer as SharedArrayBuffer, plan.control, rank, threads),
    );
    return sequencePositions(context, { training: true }, { steps, active }, layer);
  });
}

describe('the positions of a sequence', () => {
  it('are one run a thread where half of them or more go on', () => {
    const [first, second] = shares([9, 9, 7, 6, 5, 5, 2, 1], 2);
    expect(first).toMatchObject([{ row: 0, rows: 36, ended: 0 }]);
    expect(second).toMatchObject([{ row: 36, rows: 30, ended: 6 }]);
  });

  it('are a run a time step, without the rows that have ended, where these are the most', () => {
    expect(shares([3, 0, 0, 0], 1)[0]).toMatchObject([
      { row: 0, rows: 1, ended: 3 },
      { row: 4, rows: 1, ended: 3 },
      { row: 8, rows: 1, ended: 3 },
    ]);
  });

  it('are all in every thread that has a share of the panels', () => {
    const [first, second] = shares([3, 3], 2, 128);
    expect(first).toMatchObject([{ row: 0, rows: 6, region: { firstPanel: 0, lastPanel: 4 } }]);
    expect(second).toMatchObject([{ row: 0, rows: 6, region: { firstPanel: 4, lastPanel: 8 } }]);
  });

  it('are shared out without gap or overlap, and those that go on are at least half of what is computed', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 4, maxLength: 9 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 4 }), (some, threads) => {
        const sorted = [1 + some[0], ...some].sort((a, b) => b - a);
        const computed = new Uint8Array(sorted[0] * sorted.length);
        const seen = new Uint8Array(computed.length);
        for (const { row, rows, ended } of shares(sorted, threads).flat()) {
          for (let i = row; i < row + rows; i++) computed[i]++;
          for (let i = row; i < row + rows + ended; i++) seen[i]++;
        }
        expect(seen).toEqual(new Uint8Array(seen.length).fill(1));
        const goesOn = computed.map((_, i) => (Math.floor(i / sorted.length) < sorted[i % sorted.length] ? 1 : 0));
        expect(computed.every((count, i) => count >= goesOn[i])).toBe(true);
        const count = (of: Uint8Array): number => of.reduce((sum, one) => sum + one, 0);
        expect(count(computed)).toBeLessThanOrEqual(2 * count(goesOn));
      }),
      { numRuns: 50 },
    );
  });
});
