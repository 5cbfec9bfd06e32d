import { describe, expect, it } from 'vitest';
import { type SampledToken, type SampleOptions, sample } from '../../src/decode/index.ts';
import { InputError, RunError } from '../../src/errors.ts';
import { tableModel, tangled } from './table.ts';

const LETTERS = ['a', 'b', '', 'd', 'e', 'f'];
const EOS = 2;
const decoder = () => (id?: number) => (id === undefined ? '' : LETTERS[id]);
const defaults: SampleOptions = { prompt: [0], length: 30, seed: 7, forbidden: [], eos: EOS, decoder };

function collect(model: ReturnType<typeof tableModel>, options: Partial<SampleOptions>): SampledToken[][] {
  const samples = Array.from({ length: options.samples ?? 1 }, (): SampledToken[] => []);
  for (const token of sample(model, { ...defaults, ...options })) samples[token.sample].push(token);
  return samples;
}

const tokensOf = (drawn: SampledToken[]) => drawn.map(({ token }) => token);
const textOf = (drawn: SampledToken[]) => drawn.map(({ text }) => text).join('');
const always = (token: number) => LETTERS.map((_, id) => (id === token ? 1 : 0));

describe('sample', () => {
  it('draws by the probabilities that the filters leave (chi-square)', () => {
    const model = tableModel(6, () => [0.3, 0.25, 0.2, 0.15, 0.07, 0.03]);
    const draws = 20000;
    const options = { length: 1, samples: draws, forbidden: [1], temperature: 0.8, topK: 4 };
    const counts = new Map<number, number>();
    for (const [{ token }] of collect(model, options)) counts.set(token, (counts.get(token) ?? 0) + 1);

    const kept = [0, 2, 3, 4];
    const weights = [0.3, 0.2, 0.15, 0.07].map((p) => p ** (1 / 0.8));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    expect([...counts.keys()].sort()).toEqual(kept);
    const chiSquare = kept.reduce((sum, id, i) => {
      const expected = (draws * weights[i]) / total;
      return sum + ((counts.get(id) ?? 0) - expected) ** 2 / expected;
    }, 0);
    // The 99 % point of the distribution with 3 degrees of freedom.
    expect(chiSquare).toBeLessThan(11.34);
  });

  it('begins with one of the tokens that are asked for, and gives none of the forbidden later', () => {
    const model = tableModel(6, () => [0.05, 0.05, 0.01, 0.04, 0.05, 0.8]);
    for (const temperature of [0, 1, 5]) {
      for (const drawn of collect(model, { samples: 200, first: [3, 4], forbidden: [3, 4, 5], temperature })) {
        const [first, ...later] = tokensOf(drawn);
        expect([3, 4]).toContain(first);
        expect(later.filter((token) => token >= 3)).toEqual([]);
      }
    }
  });

  it('draws independently from token to token of one stream (chi-square over pairs)', () => {
    const model = tableModel(3, () => [0.5, 0.3, 0.2]);
    const streams = collect(model, { length: 2000, samples: 10, eos: -1 });
    const p = [0.5, 0.3, 0.2];
    const counts = new Float64Array(9);
    for (const drawn of streams) {
      for (let i = 0; i < drawn.length; i += 2) counts[drawn[i].token * 3 + drawn[i + 1].token]++;
    }
    const chiSquare = counts.reduce((sum, count, pair) => {
      const expected = 10000 * p[Math.floor(pair / 3)] * p[pair % 3];
      return sum + (count - expected) ** 2 / expected;
    }, 0);
    // 99 %, 8 degrees of freedom.
    expect(chiSquare).toBeLessThan(20.09);
  });

  it('gives each sample the same tokens however many are drawn together', () => {
    const options = { temperature: 1.2, topP: 0.95, repetitionPenalty: 1.1, prompt: [0, 1, 3] };
    const alone = collect(tableModel(6, tangled(6, 1)), { ...options, samples: 1 });
    const few = collect(tableModel(6, tangled(6, 1)), { ...options, samples: 5 });
    const many = collect(tableModel(6, tangled(6, 1)), { ...options, samples: 40 });
    expect(few.slice(0, 1)).toEqual(alone);
    expect(many.slice(0, 5)).toEqual(few);
    expect(new Set(many.map(textOf)).size).toBeGreaterThan(30);
  });

  it('is repeated by its seed and changed by another', () => {
    const model = tableModel(6, tangled(6, 1));
    const [first] = collect(model, { eos: -1 });
    expect(collect(model, { eos: -1 })).toEqual([first]);
    expect(tokensOf(collect(model, { eos: -1, seed: 8 })[0])).not.toEqual(tokensOf(first));
  });

  it('feeds the prompt once in one row, and drops the rows of samples that ended', () => {
    const model = tableModel(6, tangled(6, 3));
    const samples = collect(model, { prompt: [0, 1, 3], samples: 8, length: 12 });
    const wanted = [1, 1, 1];
    for (let step = 1; step < 12; step++) {
      const going = samples.filter((drawn) => drawn.length > step).length;
      if (going > 0) wanted.push(going);
    }
    expect(model.batches).toEqual(wanted);
    expect(new Set(samples.map((drawn) => drawn.length)).size).toBeGreaterThan(2);
  });

  it('reports log-probabilities of the model itself, whatever the filters', () => {
    const probabilities = tangled(6, 4);
    const [drawn] = collect(tableModel(6, probabilities), {
      temperature: 0.5,
      topK: 3,
      repetitionPenalty: 1.5,
      prompt: [3, 1],
    });
    const history = [3, 1];
    for (const { token, logProbability } of drawn) {
      expect(logProbability).toBeCloseTo(Math.log(probabilities(history)[token]), 5);
      history.push(token);
    }
  });

  it('takes the likeliest token at temperature 0', () => {
    const probabilities = tangled(6, 5);
    const [drawn] = collect(tableModel(6, probabilities), { temperature: 0, eos: -1, length: 10 });
    const history = [0];
    for (const { token } of drawn) {
      const row = probabilities(history);
      expect(token).toBe(row.indexOf(Math.max(...row)));
      history.push(token);
    }
  });

  it('ends at <eos>, which is its last token and has no text', () => {
    const model = tableModel(6, (history) => always(history.length < 4 ? 1 : EOS));
    const [drawn] = collect(model, { prompt: [0] });
    expect(tokensOf(drawn)).toEqual([1, 1, 1, EOS]);
    expect(drawn.map(({ end }) => end)).toEqual([undefined, undefined, undefined, 'eos']);
    expect(textOf(drawn)).toBe('bbb');
  });

  it('ends at the length', () => {
    const model = tableModel(6, () => always(1));
    const [drawn] = collect(model, { length: 3 });
    expect(drawn.map(({ end }) => end)).toEqual([undefined, undefined, 'length']);
    expect(model.batches.length).toBe(3);
    expect(collect(model, { length: 0 })).toEqual([[]]);
  });

  it('ends at a stop text that spans tokens, without a part of it', () => {
    const text = 'abdbdef';
    const model = tableModel(6, (history) => always(LETTERS.indexOf(text[history.length - 1])));
    const [drawn] = collect(model, { length: text.length, stop: ['bde'] });
    expect(drawn.map((token) => token.text)).toEqual(['a', '', '', 'bd', '', '']);
    expect(drawn.at(-1)?.end).toBe('stop');
  });

  it('gives the text held back for a stop text when the length comes first', () => {
    const model = tableModel(6, () => always(1));
    const [drawn] = collect(model, { length: 4, stop: ['bbbbb'] });
    expect(drawn.map((token) => token.text)).toEqual(['', '', '', 'bbbb']);
  });

  it('gives the text held back by the decoder with the last token', () => {
    const model = tableModel(6, () => always(1));
    const late = () => (id?: number) => (id === undefined ? '?' : 'x');
    expect(collect(model, { length: 3, decoder: late })[0].map(({ text }) => text)).toEqual(['x', 'x', 'x?']);
    expect(textOf(collect(model, { length: 3, decoder: late, stop: ['?'] })[0])).toBe('xxx');
  });

  it('shows the decoder the prompt before the first token, and none at the end', () => {
    const seen: (number | undefined)[] = [];
    const model = tableModel(6, () => always(1));
    collect(model, { prompt: [3, 4], length: 2, decoder: () => (id) => String(seen.push(id)) });
    expect(seen).toEqual([3, 4, 1, 1, undefined]);
  });

  it('counts the prompt and the tokens drawn as recent, as far as the window goes', () => {
    const model = tableModel(6, () => [0.4, 0.3, 0, 0.3, 0, 0]);
    const penalised = { temperature: 0, repetitionPenalty: 5, length: 6 };
    expect(tokensOf(collect(model, { ...penalised, prompt: [0] })[0])).toEqual([1, 3, 0, 0, 0, 0]);
    expect(tokensOf(collect(model, { ...penalised, prompt: [0], repetitionWindow: 1 })[0])).toEqual([1, 0, 1, 0, 1, 0]);
    expect(tokensOf(collect(model, { ...penalised, prompt: [0], repetitionWindow: 0 })[0])).toEqual([0, 0, 0, 0, 0, 0]);
    expect(tokensOf(collect(model, { ...penalised, prompt: [0, 1], repetitionWindow: 2 })[0])).toEqual([
      3, 0, 1, 3, 0, 1,
    ]);
  });

  it('goes on rightly when the model is used between two tokens', () => {
    const model = tableModel(6, tangled(6, 1));
    const options = { ...defaults, samples: 3, length: 6, eos: -1 };
    const undisturbed = [...sample(model, options)];
    const disturbed: SampledToken[] = [];
    for (const token of sample(model, options)) {
      disturbed.push(token);
      model.next(model.start(1), [4]);
    }
    expect(disturbed).toEqual(undisturbed);
  });

  it.each<[string, Partial<SampleOptions>]>([
    ['The length is -1', { length: -1 }],
    ['The number of samples is 0', { samples: 0 }],
    ['The top-p is 2', { topP: 2 }],
    ['A stop text is empty', { stop: [''] }],
  ])('refuses before it is asked for a token: %s', (message, options) => {
    const model = tableModel(6, tangled(6, 1));
    expect(() => sample(model, { ...defaults, ...options })).toThrow(InputError);
    expect(() => sample(model, { ...defaults, ...options })).toThrow(message);
  });

  it('refuses an empty prompt, and a model that allows nothing', () => {
    expect(() => collect(tableModel(6, tangled(6, 1)), { prompt: [] })).toThrow(InputError);
    expect(() =>
      collect(
        tableModel(6, () => always(3)),
        { forbidden: [3] },
      ),
    ).toThrow(RunError);
  });
});
