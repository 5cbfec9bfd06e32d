/** Texts that don't repeat themselves: in sampling, greedy decoding and beam search alike. */

import { describe, expect, it } from 'vitest';
import { type BeamOptions, beam, greedy, type RepetitionOptions, sample } from '../../src/decode/index.ts';
import { createRepetition } from '../../src/decode/repetition.ts';
import { InputError, RunError } from '../../src/errors.ts';
import { tableModel, tangled } from './table.ts';

const EOS = 2;

/** Whether some n tokens in a row occur twice. */
function repeats(tokens: readonly number[], n: number): boolean {
  const ngrams = tokens.slice(n - 1).map((_, at) => tokens.slice(at, at + n).join());
  return new Set(ngrams).size < ngrams.length;
}

/** The log-probabilities with the penalty and the ban, by their definitions. */
function lowered(logs: readonly number[], text: readonly number[], options: RepetitionOptions): number[] {
  const { repetitionPenalty = 1, repetitionWindow = 64, noRepeatNgram: n = 0 } = options;
  const recent = repetitionWindow === 0 ? [] : text.slice(-repetitionWindow);
  return logs.map((log, id) => {
    if (n > 0 && repeats([...text, id], n) && !repeats(text, n)) return Number.NEGATIVE_INFINITY;
    return recent.includes(id) ? log * repetitionPenalty : log;
  });
}

describe('a text', () => {
  const TEXTS = [[], [1], [1, 1], [0, 1, 3, 0, 1], [3, 3, 3, 3], [0, 1, 2, 3, 1, 2]];
  const logs = [0.1, 0.2, 0.3, 0.4].map(Math.log);

  it.each([
    {},
    { noRepeatNgram: 1 },
    { noRepeatNgram: 2 },
    { noRepeatNgram: 3 },
    { repetitionPenalty: 2 },
    { repetitionPenalty: 0.5, repetitionWindow: 2 },
    { repetitionPenalty: 3, repetitionWindow: 0 },
    { repetitionPenalty: 1.5, noRepeatNgram: 2 },
  ])('has its next token lowered by the definitions: %o', (options) => {
    for (const text of TEXTS.filter((one) => !repeats(one, options.noRepeatNgram ?? 99))) {
      const scores = Float64Array.from(logs);
      createRepetition(options)?.lower(scores, text);
      expect([...scores]).toEqual(lowered(logs, text, options));
    }
  });

  it('refuses impossible options', () => {
    for (const options of [{ repetitionPenalty: 0 }, { repetitionWindow: -1 }, { noRepeatNgram: 1.5 }]) {
      expect(() => createRepetition(options)).toThrow(InputError);
    }
  });
});

describe('decoding', () => {
  /** Circles in 0 1 0 1 …, and would rather do so for ever. */
  const circling = () =>
    tableModel(5, (history) => (history.at(-1) === 0 ? [0.1, 0.6, 0.1, 0.1, 0.1] : [0.6, 0.1, 0.1, 0.1, 0.1]));

  it('circles, unless n-grams may not repeat: greedily, by sampling and by beam search', () => {
    const frame = { length: 12, forbidden: [EOS] };
    const ways: Record<string, (options: RepetitionOptions) => number[]> = {
      greedy: (options) => greedy(circling(), { ...frame, ...options, rows: 1, bos: 4, eos: EOS })[0].tokens,
      sampled: (options) =>
        [
          ...sample(circling(), { ...frame, ...options, prompt: [4], temperature: 0, seed: 1, decoder: () => String }),
        ].map(({ token }) => token),
      beam: (options) => beam(circling(), { ...frame, ...options, prompt: [4], width: 3 })[0].tokens,
    };
    for (const [way, tokens] of Object.entries(ways)) {
      expect(tokens({}), way).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
      for (const n of [2, 3]) expect(repeats([4, ...tokens({ noRepeatNgram: n })], n), way).toBe(false);
      expect(repeats([4, ...tokens({ noRepeatNgram: 2 })], 1), way).toBe(true);
      expect(tokens({ repetitionPenalty: 20, repetitionWindow: 3 }).slice(0, 3), way).toEqual([0, 1, 3]);
      expect(() => tokens({ noRepeatNgram: 1 }), way).toThrow(RunError);
      expect(() => tokens({ noRepeatNgram: 1 }), way).toThrow(/No token is left/);
    }
  });

  it('in a beam gives log-probabilities of the model, and ranks by those that are lowered', () => {
    for (let salt = 0; salt < 20; salt++) {
      const options = {
        prompt: [0, 3],
        width: 60,
        length: 4,
        eos: EOS,
        forbidden: [],
        repetitionPenalty: 1.7,
        noRepeatNgram: 2,
      };
      const probabilities = tangled(4, salt);
      for (const { tokens, logProbabilities, logProbability, score } of beam(tableModel(4, probabilities), options)) {
        expect(repeats([...options.prompt, ...tokens], 2)).toBe(false);
        let total = 0;
        tokens.forEach((token, i) => {
          const text = [...options.prompt, ...tokens.slice(0, i)];
          const logs = probabilities(text).map(Math.log);
          expect(logProbabilities[i]).toBeCloseTo(logs[token], 5);
          total += lowered(logs, text, options)[token];
        });
        expect(score).toBeCloseTo(total, 5);
        expect(logProbability).toBeCloseTo(
          logProbabilities.reduce((a, b) => a + b),
          12,
        );
      }
    }
  });
});

/** Diverse beam search by algorithm 1 of Vijayakumar et al. 2016 with Hamming diversity, on plain arrays, to the full length. */
function diverse(
  probabilities: (history: readonly number[]) => readonly number[],
  { prompt, width, length, groups = 1, diversity = 0.5 }: BeamOptions,
) {
  interface Found {
    tokens: number[];
    total: number;
  }
  let all: Found[][] = Array.from({ length: groups }, () => [{ tokens: [], total: 0 }]);
  for (let n = 0; n < length; n++) {
    const before: number[] = [];
    all = all.map((group) => {
      const extensions = group.flatMap(({ tokens, total }) =>
        probabilities([...Array.from(prompt), ...tokens]).map((p, token) => {
          const log = Math.fround(Math.log(p));
          const same = before.filter((one) => one === token).length;
          return { tokens: [...tokens, token], total: total + log, augmented: total + log - diversity * same };
        }),
      );
      const kept = extensions.sort((a, b) => b.augmented - a.augmented).slice(0, width / groups);
      before.push(...kept.map(({ tokens }) => tokens[n]));
      return kept;
    });
  }
  return all.map((group) => group.sort((a, b) => b.total - a.total));
}

describe('diverse beam search', () => {
  it('finds what the algorithm finds, the best of each group first', () => {
    for (let salt = 0; salt < 30; salt++) {
      for (const [groups, diversity] of [
        [1, 1],
        [2, 0.3],
        [3, 0.5],
        [6, 2],
      ]) {
        const options = { prompt: [0], width: 6, length: 5, groups, diversity, forbidden: [] };
        const wanted = diverse(tangled(5, salt), options);
        const found = beam(tableModel(5, tangled(5, salt)), options);
        const byRank = Array.from({ length: 6 / groups }, (_, rank) =>
          wanted.map((group) => group[rank]).sort((a, b) => b.total - a.total),
        ).flat();
        const keys = byRank.map(({ tokens }) => tokens.join());
        expect(found.map(({ tokens }) => tokens.join())).toEqual([...new Set(keys)]);
        for (const { tokens, score } of found) {
          expect(score).toBeCloseTo(byRank.find((one) => one.tokens.join() === tokens.join())!.total, 9);
        }
      }
    }
  });

  it('goes apart the farther the stronger it is told to, and is one search without strength', () => {
    const firsts = (diversity: number): number =>
      new Set(
        beam(tableModel(6, tangled(6, 3)), {
          prompt: [0],
          width: 4,
          length: 3,
          groups: 4,
          diversity,
          forbidden: [],
        }).map(({ tokens }) => tokens[0]),
      ).size;
    expect(firsts(0)).toBe(1);
    expect(firsts(50)).toBe(4);
    const options = { prompt: [0], length: 6, eos: EOS, forbidden: [] };
    expect(beam(tableModel(6, tangled(6, 3)), { ...options, width: 4, groups: 2, diversity: 0 })).toEqual(
      beam(tableModel(6, tangled(6, 3)), { ...options, width: 2 }),
    );
  });

  it('goes on in the groups that are not at their end', () => {
    // The first group ends at once with <eos>; the second, kept from it, can not.
    const model = tableModel(4, (history) => (history.length === 1 ? [0.2, 0.1, 0.6, 0.1] : [0.3, 0.3, 0, 0.4]));
    const found = beam(model, { prompt: [0], width: 2, length: 4, groups: 2, diversity: 9, eos: EOS, forbidden: [] });
    expect(found.map(({ tokens }) => tokens)).toEqual([[EOS], [0, 3, 3, 3]]);
    expect(found.map(({ finished }) => finished)).toEqual([true, false]);
  });

  it('refuses groups that do not part the beam, and a strength below 0', () => {
    const options = { prompt: [0], width: 4, length: 3, forbidden: [] };
    for (const wrong of [{ groups: 3 }, { groups: 0 }, { groups: 8 }, { groups: 2, diversity: -1 }]) {
      expect(() => beam(tableModel(3, tangled(3, 0)), { ...options, ...wrong })).toThrow(InputError);
    }
  });
});
