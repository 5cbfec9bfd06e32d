import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidates, createFilter, draw, type FilterOptions } from '../../src/decode/filter.ts';
import { InputError, RunError } from '../../src/errors.ts';

/** Log-probabilities of (unnormalised) probabilities. */
function logs(probabilities: readonly number[]): Float32Array {
  const total = probabilities.reduce((sum, p) => sum + p, 0);
  return Float32Array.from(probabilities, (p) => Math.log(p / total));
}

function distribution({ count, ids, weights, total }: Candidates): Map<number, number> {
  const entries = Array.from({ length: count }, (_, i): [number, number] => [ids[i], weights[i] / total]);
  return new Map(entries.sort(([a], [b]) => a - b));
}

function filtered(probabilities: readonly number[], options: Partial<FilterOptions>, recent: number[] = []) {
  const filter = createFilter(probabilities.length, { forbidden: [], ...options });
  return distribution(filter(logs(probabilities), 0, recent));
}

function normalised(entries: [number, number][]): Map<number, number> {
  const total = entries.reduce((sum, [, p]) => sum + p, 0);
  return new Map(entries.map(([id, p]): [number, number] => [id, p / total]).sort(([a], [b]) => a - b));
}

/** The filters by their definitions: on a sorted list of all probabilities, normalised after each. */
function defined(logProbabilities: Float32Array, options: FilterOptions, recent: number[]): Map<number, number> {
  const { forbidden, repetitionPenalty = 1, temperature = 1, topK = 0, topP = 1, minP = 0 } = options;
  let entries = Array.from(logProbabilities, (log, id): [number, number] => [
    id,
    recent.includes(id) ? log * repetitionPenalty : log,
  ]).filter(([id, score]) => !forbidden.includes(id) && score > -Infinity);
  entries.sort(([idA, a], [idB, b]) => b - a || idA - idB);
  const best = entries[0][1];
  if (temperature === 0) return new Map([[entries[0][0], 1]]);
  entries = [...normalised(entries.map(([id, score]) => [id, Math.exp((score - best) / temperature)]))];
  entries.sort(([idA, a], [idB, b]) => b - a || idA - idB);
  if (topK > 0) entries = entries.slice(0, topK);
  const kept = entries.reduce((sum, [, p]) => sum + p, 0);
  let sum = 0;
  entries = entries.filter(([, p]) => {
    const inside = sum < topP;
    sum += p / kept;
    return inside;
  });
  entries = entries.filter(([, p]) => p >= minP * entries[0][1]);
  return normalised(entries);
}

describe('filters', () => {
  const four = [0.4, 0.3, 0.2, 0.1];
  const close = (wanted: [number, number][]) => new Map(wanted.map(([id, p]) => [id, expect.closeTo(p, 6)]));

  it('leave the model alone by default', () => {
    expect(filtered(four, {})).toEqual(
      close([
        [0, 0.4],
        [1, 0.3],
        [2, 0.2],
        [3, 0.1],
      ]),
    );
  });

  it('never keep a forbidden token or one of probability zero', () => {
    expect(filtered([0.4, 0.3, 0, 0.1], { forbidden: [0] })).toEqual(
      close([
        [1, 0.75],
        [3, 0.25],
      ]),
    );
  });

  it('sharpen or flatten by temperature', () => {
    expect(filtered([0.8, 0.2], { temperature: 0.5 })).toEqual(
      close([
        [0, 16 / 17],
        [1, 1 / 17],
      ]),
    );
    expect(filtered([0.8, 0.2], { temperature: 2 })).toEqual(
      close([
        [0, 2 / 3],
        [1, 1 / 3],
      ]),
    );
    expect(filtered([0.8, 0.2], { temperature: 1e-320 }).get(0)).toBe(1);
  });

  it('keep the likeliest token at temperature 0, the first of equals', () => {
    expect(filtered([0.2, 0.4, 0.4], { temperature: 0, topP: 0.1, minP: 0.5 })).toEqual(new Map([[1, 1]]));
    expect(filtered(four, { temperature: 0, forbidden: [0] })).toEqual(new Map([[1, 1]]));
  });

  it('keep the K likeliest, the first of equals', () => {
    expect(filtered(four, { topK: 2 })).toEqual(
      close([
        [0, 4 / 7],
        [1, 3 / 7],
      ]),
    );
    expect(filtered([0.25, 0.25, 0.25, 0.25], { topK: 3 })).toEqual(
      close([
        [0, 1 / 3],
        [1, 1 / 3],
        [2, 1 / 3],
      ]),
    );
    expect(filtered(four, { topK: 9 }).size).toBe(4);
  });

  it('keep the smallest nucleus that reaches P', () => {
    expect([...filtered(four, { topP: 0.69 }).keys()]).toEqual([0, 1]);
    expect([...filtered(four, { topP: 0.71 }).keys()]).toEqual([0, 1, 2]);
    expect([...filtered(four, { topP: 1e-9 }).keys()]).toEqual([0]);
    // Of the two left by top-k, the first already has 4/7.
    expect([...filtered(four, { topK: 2, topP: 0.5 }).keys()]).toEqual([0]);
  });

  it('keep what is at least min-P times as likely as the likeliest', () => {
    expect([...filtered(four, { minP: 0.49 }).keys()]).toEqual([0, 1, 2]);
    expect([...filtered(four, { minP: 0.51 }).keys()]).toEqual([0, 1]);
    expect([...filtered([0.3, 0.4, 0.4], { minP: 1 }).keys()]).toEqual([1, 2]);
  });

  it('penalise a recent token once, however often it came', () => {
    const squared = normalised([
      [0, 0.16],
      [1, 0.3],
      [2, 0.2],
      [3, 0.1],
    ]);
    expect(filtered(four, { repetitionPenalty: 2 }, [0, 0, 0])).toEqual(close([...squared]));
  });

  it('equal their definitions in every combination', () => {
    const weight = fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1, max: 12 }) },
      { weight: 1, arbitrary: fc.constant(0) },
    );
    const options = fc.record({
      forbidden: fc.uniqueArray(fc.nat(40), { maxLength: 3 }),
      repetitionPenalty: fc.constantFrom(1, 1.3, 0.5),
      temperature: fc.constantFrom(0, 0.3, 1, 3),
      topK: fc.constantFrom(0, 1, 2, 5, 100),
      // Away from sums of the weights' simple ratios, where rounding decides.
      topP: fc.constantFrom(1, 0.98765432, 0.7654321, 0.3141592),
      minP: fc.constantFrom(0, 0.0777777, 0.4444443),
    });
    const property = fc.property(
      fc.array(weight, { minLength: 1, maxLength: 40 }),
      options,
      fc.array(fc.nat(39)),
      (weights, options, recent) => {
        const seen = recent.filter((id) => id < weights.length);
        fc.pre(weights.some((w, id) => w > 0 && !options.forbidden.includes(id)));
        const found = filtered(weights, options, seen);
        const wanted = defined(logs(weights), options, seen);
        expect([...found.keys()]).toEqual([...wanted.keys()]);
        for (const [id, p] of wanted) expect(found.get(id)).toBeCloseTo(p, 12);
      },
    );
    fc.assert(property, { seed: 1, numRuns: 2000 });
  });

  it('read the row that they are asked for, and remember nothing', () => {
    const filter = createFilter(2, { forbidden: [], repetitionPenalty: 3 });
    const rows = Float32Array.of(...logs([0.9, 0.1]), ...logs([0.2, 0.8]));
    filter(rows, 0, [1]);
    expect(distribution(filter(rows, 1, []))).toEqual(
      close([
        [0, 0.2],
        [1, 0.8],
      ]),
    );
  });

  it('rank a large vocabulary as a full sort does', () => {
    const weights = Array.from({ length: 20000 }, (_, id) => 1 + ((id * 7919) % 20011));
    const falling = weights.map((w, id): [number, number] => [id, w]).sort(([, a], [, b]) => b - a);
    const best = falling.slice(0, 40).map(([id]) => id);
    expect([...filtered(weights, { topK: 40 }).keys()]).toEqual(best.sort((a, b) => a - b));
    const nucleus = defined(logs(weights), { forbidden: [], topP: 0.5 }, []);
    expect([...filtered(weights, { topP: 0.5 }).keys()]).toEqual([...nucleus.keys()]);
  });

  it.each<[string, Partial<FilterOptions>]>([
    ['temperature', { temperature: -1 }],
    ['temperature', { temperature: Number.NaN }],
    ['top-k', { topK: 1.5 }],
    ['top-k', { topK: -1 }],
    ['top-p', { topP: 2 }],
    ['top-p', { topP: 0 }],
    ['min-p', { minP: 1.1 }],
    ['repetition penalty', { repetitionPenalty: 0 }],
    ['repetition window', { repetitionWindow: -1 }],
  ])('refuse a %s out of range: %o', (name, options) => {
    expect(() => createFilter(4, { forbidden: [], ...options })).toThrow(InputError);
    expect(() => createFilter(4, { forbidden: [], ...options })).toThrow(`The ${name} is `);
  });

  it('say so when no token is left', () => {
    expect(() => filtered([1, 0], { forbidden: [0] })).toThrow(RunError);
    expect(() => filtered([Number.NaN, Number.NaN], {})).toThrow(RunError);
  });
});

describe('draw', () => {
  it('goes through the candidates by their share of [0, 1)', () => {
    const candidates = {
      count: 3,
      ids: Uint32Array.of(5, 6, 7),
      weights: Float64Array.of(1, 0, 3),
      total: 4,
    };
    const drawn = [0, 0.2499, 0.25, 0.9999999999].map((uniform) => draw(candidates, uniform));
    expect(drawn).toEqual([5, 5, 7, 7]);
  });
});
