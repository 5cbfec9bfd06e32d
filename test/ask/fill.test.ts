/** Filling blanks, against what the model says of whole texts and against enumeration. */

import { describe, expect, it } from 'vitest';
import { fill } from '../../src/ask/fill.ts';
import { beamFillings, gibbsFillings, judge, readGap, singleFillings } from '../../src/ask/fill-blank.ts';
import { createFillSteps } from '../../src/ask/fill-steps.ts';
import { InputError } from '../../src/errors.ts';
import { createTokenizer, EOS, PAD, SPECIAL_TOKENS } from '../../src/text/index.ts';
import { characters, tinyModel, words } from './tiny.ts';

const FORBIDDEN = [0, 1, EOS, PAD];
const V = 8;
const model = tinyModel({ task: 'fill', layers: 2 }, { tokenizer: characters('abcd') });

describe('a model token by token', () => {
  it.each([
    { cell: 'lstm', layers: 2 },
    { cell: 'gru', gruReset: 'none', layers: 1, embedding: 3 },
    { cell: 'rnn', layers: 3 },
  ] as const)('says what it says of a whole text: %j', (shape) => {
    const other = tinyModel({ task: 'fill', ...shape }, { tokenizer: characters('abcd') }, { scale: 1 });
    const steps = createFillSteps(other);
    const ids = [4, 7, 5, 5, 6];
    const [whole] = other.predictor.logProbabilities([ids]);
    const [byPast] = other.predictor.pastLogProbabilities([ids]);
    for (let at = 0; at < ids.length; at++) {
      const gap = readGap(steps, ids.slice(0, at), ids.slice(at + 1));
      const found = singleFillings(steps, gap, { forbidden: [], most: V });
      expect(found).toHaveLength(V);
      for (const { tokens, logProbabilities } of found) {
        expect(logProbabilities[0]).toBeCloseTo(whole[at * V + tokens[0]], 4);
      }
      gap.alone.logProbabilities.forEach((value, id) => {
        expect(value).toBeCloseTo(byPast[at * V + id], 4);
      });
    }
  });
});

describe('a blank', () => {
  const steps = createFillSteps(model);
  const left = [4, 5, 5, 7, 4, 6, 5, 4, 7, 7];
  const right = [6, 6, 4, 5, 7, 5, 4, 4, 6, 7];
  const gap = readGap(steps, left, right);

  it('is judged by the tokens in it and the eight beside it, as the whole model sees them', () => {
    const fillings = [
      [4, 6, 7],
      [5, 5, 4],
    ];
    for (const [i, { tokens, logProbabilities, score }] of judge(steps, gap, fillings).entries()) {
      const ids = [...left, ...fillings[i], ...right];
      const [whole] = model.predictor.logProbabilities([ids]);
      const [byPast] = model.predictor.pastLogProbabilities([ids]);
      const sum = (values: Float32Array, first: number, end: number): number =>
        ids.slice(first, end).reduce((total, id, at) => total + values[(first + at) * V + id], 0);
      expect(tokens).toEqual(fillings[i]);
      expect(logProbabilities.reduce((a, b) => a + b)).toBeCloseTo(sum(whole, 10, 13), 4);
      expect(score).toBeCloseTo(sum(whole, 2, 21) + sum(byPast, 10, 21), 3);
    }
  });

  it('is filled with what a search through everything finds, if the beam is wide', () => {
    const letters = [4, 5, 6, 7];
    const every = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => [a, b, c])));
    const best = judge(steps, gap, every).reduce((a, b) => (b.score > a.score ? b : a));
    const search = { most: 3, forbidden: FORBIDDEN, width: 64 };
    const found = beamFillings(steps, gap, { least: 1, ...search });
    expect(found.map(({ tokens }) => tokens.length)).toEqual([1, 2, 3].flatMap((n) => new Array(4 ** n).fill(n)));
    expect(beamFillings(steps, gap, { least: 3, ...search })).toEqual(found.slice(20));
    const top = found.slice(20).reduce((a, b) => (b.score > a.score ? b : a));
    expect(top.tokens).toEqual(best.tokens);
    expect(top.score).toBeCloseTo(best.score, 5);
  });

  it('of one token is drawn by its probabilities', () => {
    const exact = singleFillings(steps, gap, { forbidden: FORBIDDEN, most: 4 });
    const total = exact.reduce((sum, { logProbabilities: [one] }) => sum + Math.exp(one), 0);
    const options = { forbidden: FORBIDDEN, temperature: 1, seed: 5, samples: 3000 };
    const { samples } = gibbsFillings(steps, gap, 1, options);
    for (const { tokens, logProbabilities } of exact) {
      const p = Math.exp(logProbabilities[0]) / total;
      const share = samples.filter((one) => one.tokens[0] === tokens[0]).length / samples.length;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / samples.length) + 1e-3);
    }
    expect(gibbsFillings(steps, gap, 2, { ...options, samples: 3 })).toEqual(
      gibbsFillings(steps, gap, 2, { ...options, samples: 3 }),
    );
  });
});

describe('fill', () => {
  it('puts texts together, with the probabilities of what it put there', () => {
    const [[one]] = fill(model, ['ab____cd____a'], { length: 2 });
    expect(one.text).toBe(`ab${one.blanks[0]}cd${one.blanks[1]}a`);
    expect(one.blanks.map((blank) => blank.length)).toEqual([2, 2]);
    const ids = model.tokenizer.encode(one.text);
    const [whole] = model.predictor.logProbabilities([ids]);
    expect(one.tokens.flat()).toEqual([...ids.slice(2, 4), ...ids.slice(6, 8)]);
    expect(one.logProbabilities[1][0]).toBeCloseTo(whole[6 * V + ids[6]], 6);
  });

  it('lists one-token fillings by falling probability', () => {
    const [found] = fill(model, ['ab_____cd'], { length: 1, top: 9 });
    const probabilities = found.map(({ logProbabilities: [[one]] }) => one);
    expect(found).toHaveLength(4);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
  });

  it('looks for a length, and finds none better', () => {
    const [[best]] = fill(model, ['abca____dbca'], { beam: 64 });
    for (let length = 1; length <= 4; length++) {
      const [[one]] = fill(model, ['abca____dbca'], { beam: 64, length });
      expect(one.score).toBeLessThanOrEqual(best.score + 1e-4);
    }
  });

  it('draws by seed', () => {
    const options = { temperature: 1, samples: 5, length: 3 };
    const [once] = fill(model, ['ab____cd'], { ...options, seed: 2 });
    expect(once).toHaveLength(5);
    expect(fill(model, ['ab____cd'], { ...options, seed: 2 })[0]).toEqual(once);
    expect(fill(model, ['ab____cd'], { ...options, seed: 3 })[0]).not.toEqual(once);
  });

  it('takes a blank for a word, wherever it stands', () => {
    const tokenizer = words('time', 'flies', 'fast', '.');
    const other = tinyModel({ task: 'fill', tokenizer: 'word', pretokenized: true }, { tokenizer });
    for (const text of ['____ flies fast .', 'time ____', 'time ____ .', 'time ____.', '____']) {
      const [[{ text: filled, blanks, tokens }]] = fill(other, [text], { length: 1 });
      expect(tokens[0]).toHaveLength(1);
      expect(filled).toBe(text.replace('____.', '____ .').replace('____', blanks[0]));
    }
    const [[{ blanks }]] = fill(other, ['time ____ fast ____ .']);
    expect(blanks).toHaveLength(2);
    for (const blank of blanks) expect(blank.split(' ').length).toBeLessThanOrEqual(3);
  });

  it('gets the spaces of words and marks, so that the text reads as the tokens that were chosen', () => {
    const options = { kind: 'word', pretokenized: false, lowercase: false, normalizeNewlines: false } as const;
    const vocabulary = [...SPECIAL_TOKENS, 'the', 'fox', "don't", ', ', '.', ' (', '"', '狐', '\n'];
    const tokenizer = createTokenizer(vocabulary, options);
    const other = tinyModel({ task: 'fill', tokenizer: 'word' }, { tokenizer });
    const fillings = (text: string) => {
      const [found] = fill(other, [text], { length: 1, top: 9 });
      for (const { text: filled, between, blanks } of found) expect(filled).toBe(between.join(blanks[0]));
      return found.map(({ text: filled }) => filled).sort();
    };
    const words = ['the', 'fox', "don't"];
    const marks = [', ', '.', ' (', '"', '狐', '\n'];
    for (const text of ['fox ____ the.', 'fox____ the.', 'fox ____the.', 'fox____the.']) {
      const expected = [...words.map((word) => `fox ${word} the.`), ...marks.map((mark) => `fox${mark}the.`)];
      expect(fillings(text)).toEqual(expected.sort());
    }
    expect(fillings('"____. 狐')).toEqual([...words, ...marks].map((blank) => `"${blank}. 狐`).sort());
    expect(fillings('狐____')).toEqual([...words, ...marks].map((blank) => `狐${blank}`).sort());
  });

  it('reads a line as it was trained on, between <bos> and <eos>', () => {
    const lines = tinyModel({ task: 'fill', format: 'lines' }, { tokenizer: characters('abcd') });
    const [[{ logProbabilities, tokens }]] = fill(lines, ['____'], { length: 1 });
    const [whole] = lines.predictor.logProbabilities([[1, tokens[0][0], EOS]]);
    expect(logProbabilities[0][0]).toBeCloseTo(whole[V + tokens[0][0]], 5);
  });

  it('refuses a text without a blank, and several ways for several blanks', () => {
    expect(() => fill(model, ['ab___c'])).toThrow(
      new InputError('The text has no blank: write four underscores where one is, ____.'),
    );
    expect(() => fill(model, ['a____b____'], { top: 2 })).toThrow(/2 blanks, and only one/);
    expect(() => fill(model, ['a____b____'], { temperature: 1, samples: 2 })).toThrow(InputError);
  });
});

it('puts no line end into a line', () => {
  const lines = tinyModel({ task: 'fill' }, { tokenizer: characters('a\n\r') });
  const all = (options: object) => fill(lines, ['a____a', '____aa'], { top: 3, length: 1, ...options }).flat();
  expect(all({}).some(({ blanks: [blank] }) => /[\n\r]/.test(blank))).toBe(true);
  expect(all({ lines: true }).map(({ blanks: [blank] }) => blank)).toEqual(['a', 'a']);
});
