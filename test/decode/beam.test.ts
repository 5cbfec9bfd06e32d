import { describe, expect, it } from 'vitest';
import { type BeamOptions, beam, sample } from '../../src/decode/index.ts';
import { InputError, RunError } from '../../src/errors.ts';
import { tableModel, tangled } from './table.ts';

const EOS = 2;

/** Every hypothesis there is, by the definition of the ranking. */
function enumerate(
  vocabulary: number,
  probabilities: (history: readonly number[]) => readonly number[],
  { prompt, length, lengthPenalty = 0, eos, forbidden }: Omit<BeamOptions, 'width'>,
) {
  const found: { tokens: number[]; logProbability: number; score: number }[] = [];
  const visit = (tokens: number[], logProbability: number): void => {
    if (tokens.length === length || (tokens.length > 0 && tokens.at(-1) === eos)) {
      found.push({ tokens, logProbability, score: logProbability / ((5 + tokens.length) / 6) ** lengthPenalty });
      return;
    }
    const row = probabilities([...Array.from(prompt), ...tokens]);
    for (let id = 0; id < vocabulary; id++) {
      if (!forbidden.includes(id)) visit([...tokens, id], logProbability + Math.log(row[id]));
    }
  };
  visit([], 0);
  return found.sort((a, b) => b.score - a.score);
}

describe('beam', () => {
  /** After 0 the likelier start (1) leads nowhere in particular, the other (3) to a certain end. */
  const trap = (history: readonly number[]): number[] => {
    if (history.length === 1) return [0, 0.6, 0, 0.4];
    if (history.includes(3)) return [0, 0, 1, 0];
    return [0.25, 0.25, 0.25, 0.25];
  };

  it('begins with one of the tokens that are asked for, and gives none of the forbidden later', () => {
    const model = tableModel(4, () => [0.1, 0.2, 0.1, 0.6]);
    const found = beam(model, { prompt: [0], width: 8, length: 3, eos: EOS, first: [1, 3], forbidden: [1, 3] });
    expect(new Set(found.map(({ tokens }) => tokens[0]))).toEqual(new Set([1, 3]));
    expect(found.flatMap(({ tokens }) => tokens.slice(1)).filter((token) => token === 1 || token === 3)).toEqual([]);
  });

  it('finds what greedy decoding misses', () => {
    const options = { prompt: [0], length: 3, eos: EOS, forbidden: [] };
    const [greedy] = beam(tableModel(4, trap), { ...options, width: 1 });
    const [best] = beam(tableModel(4, trap), { ...options, width: 2 });
    expect(greedy.tokens[0]).toBe(1);
    expect(best.tokens).toEqual([3, EOS]);
    expect(best.finished).toBe(true);
    expect(best.logProbability).toBeCloseTo(Math.log(0.4), 6);
    expect(best.logProbabilities).toEqual([expect.closeTo(Math.log(0.4), 6), 0]);
    expect(best.logProbability).toBeGreaterThan(greedy.logProbability);
  });

  it.each([0, 0.6, 1, 2])(
    'with sufficient width lists the best by enumeration, in order (length penalty %d)',
    (lengthPenalty) => {
      let greedyMissed = 0;
      for (let salt = 0; salt < 30; salt++) {
        const probabilities = tangled(4, salt);
        const options = { prompt: [0, 3], length: 4, lengthPenalty, eos: EOS, forbidden: [1] };
        const wanted = enumerate(4, probabilities, options);
        const found = beam(tableModel(4, probabilities), { ...options, width: 40 });
        expect(found.map(({ tokens }) => tokens)).toEqual(wanted.slice(0, 40).map(({ tokens }) => tokens));
        for (const [i, { logProbability, score, logProbabilities }] of found.entries()) {
          expect(logProbability).toBeCloseTo(wanted[i].logProbability, 5);
          expect(score).toBeCloseTo(wanted[i].score, 5);
          expect(logProbabilities.reduce((sum, log) => sum + log, 0)).toBeCloseTo(logProbability, 12);
        }
        const [greedy] = beam(tableModel(4, probabilities), { ...options, width: 1 });
        if (greedy.tokens.join() !== wanted[0].tokens.join()) greedyMissed++;
      }
      expect(greedyMissed).toBeGreaterThan(5);
    },
  );

  it('stops early only when the result is that of a search to the end', () => {
    let stoppedEarly = 0;
    for (const lengthPenalty of [0, 0.5, 1, 3]) {
      for (let salt = 0; salt < 40; salt++) {
        // At some lengths most hypotheses end, at others few.
        const ending = (history: readonly number[]) => {
          const share = ((history.length * 2 + salt) % 3) * 0.35;
          return tangled(5, salt)(history).map((p, id) => (1 - share) * p + (id === EOS ? share : 0));
        };
        const model = tableModel(5, ending);
        const options = { prompt: [0], width: 3, length: 14, lengthPenalty, eos: EOS, forbidden: [] };
        const found = beam(model, options);
        if (model.batches.length < 14) stoppedEarly++;
        expect(found).toEqual(patient(ending, options));
      }
    }
    expect(stoppedEarly).toBeGreaterThan(10);
  });

  it('goes on while a live hypothesis can still push out the last of the finished ones', () => {
    const model = tableModel(4, ([, first, ...others]) => {
      if (first === undefined) return [0.4, 0.1, 0.5, 0];
      return first === 0 && others.length === 0 ? [0, 0, 0.05, 0.95] : [0, 0, 1, 0];
    });
    const found = beam(model, { prompt: [0], width: 3, length: 5, eos: EOS, forbidden: [] });
    expect(found.map(({ tokens }) => tokens)).toEqual([[EOS], [0, 3, EOS], [1, EOS]]);
    // After the third step nothing is live.
    expect(model.batches.length).toBe(3);
  });

  it('with width 1 is greedy decoding', () => {
    for (let salt = 0; salt < 50; salt++) {
      const model = tableModel(6, tangled(6, salt));
      const options = { prompt: [0, 4], length: 12, eos: EOS, forbidden: [1] };
      const greedy = [...sample(model, { ...options, temperature: 0, seed: 1, decoder: () => String })];
      const [only, ...others] = beam(model, { ...options, width: 1 });
      expect(others).toEqual([]);
      expect(only.tokens).toEqual(greedy.map(({ token }) => token));
      expect(only.logProbabilities).toEqual(greedy.map(({ logProbability }) => logProbability));
    }
  });

  it('breaks ties by the order of tokens', () => {
    const model = tableModel(3, () => [1 / 3, 1 / 3, 1 / 3]);
    const found = beam(model, { prompt: [0], width: 4, length: 2, forbidden: [] });
    expect(found.map(({ tokens }) => tokens)).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
    ]);
  });

  it('prefers longer hypotheses under a length penalty', () => {
    const model = tableModel(3, () => [0.5, 0, 0.5]);
    const options = { prompt: [0], width: 4, length: 6, eos: EOS, forbidden: [] };
    expect(beam(model, options)[0].tokens).toEqual([EOS]);
    expect(beam(model, { ...options, lengthPenalty: 4 })[0].tokens).toEqual([0, 0, 0, 0, 0, EOS]);
  });

  it('batches the live hypotheses, and has fewer when there are fewer', () => {
    const model = tableModel(3, (history) => (history.length < 3 ? [0.5, 0.5, 0] : [0, 0.1, 0.9]));
    beam(model, { prompt: [0], width: 3, length: 4, eos: EOS, forbidden: [] });
    expect(model.batches.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('returns fewer hypotheses than its width when there are no more', () => {
    const found = beam(
      tableModel(3, () => [0.5, 0, 0.5]),
      { prompt: [0], width: 9, length: 2, eos: EOS, forbidden: [] },
    );
    expect(found.map(({ tokens }) => tokens)).toEqual([[EOS], [0, EOS], [0, 0]]);
  });

  it('refuses impossible options and a model that allows nothing', () => {
    const options = { prompt: [0], width: 2, length: 3, forbidden: [] };
    const model = tableModel(3, tangled(3, 0));
    expect(() => beam(model, { ...options, width: 0 })).toThrow(InputError);
    expect(() => beam(model, { ...options, length: 0 })).toThrow(InputError);
    expect(() => beam(model, { ...options, lengthPenalty: -1 })).toThrow(InputError);
    expect(() => beam(model, { ...options, prompt: [] })).toThrow(InputError);
    expect(() =>
      beam(
        tableModel(3, () => [1, 0, 0]),
        { ...options, forbidden: [0] },
      ),
    ).toThrow(RunError);
  });
});

/** The same search without an early end, on plain arrays. */
function patient(
  probabilities: (history: readonly number[]) => readonly number[],
  { prompt, width, length, lengthPenalty = 0, eos }: BeamOptions,
) {
  type Found = ReturnType<typeof beam>[number];
  const ranked = (list: Found[]) => list.sort((a, b) => b.score - a.score).slice(0, width);
  let live: Found[] = [{ tokens: [], logProbabilities: [], logProbability: 0, score: 0, finished: false }];
  let finished: Found[] = [];
  for (let n = 1; n <= length; n++) {
    const extensions = live.flatMap((parent) =>
      probabilities([...Array.from(prompt), ...parent.tokens]).map((p, token): Found => {
        const log = Math.fround(Math.log(p));
        const logProbability = parent.logProbability + log;
        return {
          tokens: [...parent.tokens, token],
          logProbabilities: [...parent.logProbabilities, log],
          logProbability,
          score: logProbability / ((5 + n) / 6) ** lengthPenalty,
          finished: token === eos,
        };
      }),
    );
    const kept = ranked(extensions);
    finished = [...finished, ...kept.filter((one) => one.finished)];
    live = kept.filter((one) => !one.finished);
  }
  return ranked([...finished, ...live]);
}
