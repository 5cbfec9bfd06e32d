import { describe, expect, it } from 'vitest';
import type { ScheduleName } from '../../src/options/index.ts';
import { learningRateAt } from '../../src/train/schedule.ts';

describe('learningRateAt', () => {
  const at = (schedule: ScheduleName, progress: number) =>
    learningRateAt({ schedule, learningRate: 8, warmup: 0 }, 1000, progress);

  it.each<[ScheduleName, number[]]>([
    ['constant', [8, 8, 8, 8]],
    ['cosine', [8, 4 + Math.SQRT2 * 2, 4, 0]],
    ['linear', [8, 6, 4, 0]],
    ['step', [8, 8, 4, 0.25]],
  ])('%s at 0, 1/4, 1/2 and 1', (schedule, expected) => {
    [0, 0.25, 0.5, 1].forEach((progress, i) => {
      expect(at(schedule, progress)).toBeCloseTo(expected[i], 12);
    });
  });

  it('halves at each tenth of the second half', () => {
    expect([0.49, 0.55, 0.61, 0.71, 0.81, 0.91].map((progress) => at('step', progress))).toEqual([
      8, 4, 2, 1, 0.5, 0.25,
    ]);
  });

  it('rises over the warm-up, from the first step on', () => {
    const options = { schedule: 'constant' as const, learningRate: 1, warmup: 4 };
    expect([0, 1, 2, 3, 4].map((step) => learningRateAt(options, step, 0.5))).toEqual([0.25, 0.5, 0.75, 1, 1]);
  });

  it('stays in range beyond the end', () => {
    expect(at('linear', 1.5)).toBe(0);
    expect(at('cosine', 1.5)).toBe(0);
  });
});
