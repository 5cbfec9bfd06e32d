/** Pairs of forms: reading them, and judging them with a model whose probabilities are known. */

import { describe, expect, it } from 'vitest';
import type { EngineStepModel } from '../../src/engine/index.ts';
import { InputError } from '../../src/errors.ts';
import { judgePairs, parsePairs, share, tabulate } from '../../src/inspect/index.ts';
import { createTokenizer, SPECIAL_TOKENS } from '../../src/text/index.ts';

function tokenizer(kind: 'char' | 'word', tokens: readonly string[]) {
  const options = { kind, pretokenized: kind === 'word', lowercase: false, normalizeNewlines: false };
  return createTokenizer([...SPECIAL_TOKENS, ...tokens], options);
}

/**
 * A model whose state is all that a row has read, in order, and whose log-probabilities `score` gives by that. It counts the
 * rows that it computes.
 */
function model(vocabulary: number, score: (read: readonly number[], token: number) => number) {
  const LENGTH = 32;
  let rowsComputed = 0;
  const steps: EngineStepModel = {
    vocabulary,
    start: (rows) => ({ rows, values: new Float32Array(rows * LENGTH) }),
    next({ rows, values }, tokens) {
      const next = values.slice();
      const logProbabilities = new Float32Array(rows * vocabulary);
      for (let row = 0; row < rows; row++) {
        rowsComputed++;
        const own = next.subarray(row * LENGTH, (row + 1) * LENGTH);
        own[0]++;
        own[own[0]] = tokens[row];
        const read = [...own.subarray(1, own[0] + 1)];
        for (let token = 0; token < vocabulary; token++) {
          logProbabilities[row * vocabulary + token] = score(read, token);
        }
      }
      return { state: { rows, values: next }, logProbabilities };
    },
    select({ values }, rows) {
      const chosen = new Float32Array(rows.length * LENGTH);
      Array.from(rows).forEach((row, i) => {
        chosen.set(values.subarray(row * LENGTH, (row + 1) * LENGTH), i * LENGTH);
      });
      return { rows: rows.length, values: chosen };
    },
  };
  return { steps, computed: () => rowsComputed };
}

describe('parsePairs', () => {
  it('reads three and five columns, and leaves empty lines out', () => {
    expect(parsePairs('the keys\tare\tis\n\r\nthe key\tis\tare\r\n', 'p.tsv')).toEqual([
      { line: 1, prefix: 'the keys', right: 'are', wrong: 'is' },
      { line: 3, prefix: 'the key', right: 'is', wrong: 'are' },
    ]);
    expect(parsePairs('the keys\tare\tis\t0\t12', 'p.tsv')).toEqual([
      { line: 1, prefix: 'the keys', right: 'are', wrong: 'is', attractors: 0, distance: 12 },
    ]);
  });

  it.each([
    ['no tab', 'a\tb\tc\nthe keys are', /^p\.tsv, line 2: 1 columns/],
    ['four columns', 'a\tb\tc\t1', /^p\.tsv, line 1: 4 columns/],
    ['columns that change', 'a\tb\tc\t1\t2\na\tb\tc', /^p\.tsv, line 2: 3 columns, while the lines before it have 5/],
    ['an empty prefix', ' \tb\tc', /^p\.tsv, line 1: the prefix is empty/],
    ['an empty form', 'a\t\tc', /^p\.tsv, line 1: a form is empty/],
    ['equal forms', 'a\tb\tb', /^p\.tsv, line 1: both forms are "b"/],
    ['a distance that is none', 'a\tb\tc\t1\tfar', /^p\.tsv, line 1: the distance "far" is no whole number/],
    ['a negative number', 'a\tb\tc\t-1\t2', /^p\.tsv, line 1: the number of attractors "-1" is no whole number/],
    ['nothing', '\n\n', /^p\.tsv has no pairs/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parsePairs(text, 'p.tsv')).toThrow(InputError);
    expect(() => parsePairs(text, 'p.tsv')).toThrow(message);
  });
});

describe('judgePairs', () => {
  it('compares what the model gives each form after the whole prefix, for more pairs than go side by side', () => {
    const words = tokenizer('word', ['key', 'keys', 'near', 'is', 'are']);
    // Agrees with the first word that it reads.
    const { steps } = model(9, (read, token) => (token === (read[0] === 5 ? 8 : 7) ? -0.1 : -3));
    const text = Array.from({ length: 400 }, (_, i) => {
      const prefix = `${i % 2 === 0 ? 'keys' : 'key'}${' near'.repeat(i % 9)}`;
      return `${prefix}\t${i % 2 === 0 ? 'are\tis' : 'is\tare'}\t0\t${i % 9}`;
    }).join('\n');
    const pairs = parsePairs(text, 'p');
    const { judgements } = judgePairs({ steps, tokenizer: words, bos: undefined }, pairs, 'p');
    expect(share(judgements)).toEqual({ pairs: 400, accuracy: 1 });
    expect(judgements.every(({ margin }) => Math.abs(margin - 2.9) < 1e-6)).toBe(true);
    expect(judgements.map(({ length }) => length)).toEqual(pairs.map(({ distance }) => distance! + 1));
    // With a token before it the first word is never `keys`.
    const after = judgePairs({ steps, tokenizer: words, bos: 1 }, pairs, 'p').judgements;
    expect(share(after).accuracy).toBe(0.5);
    expect(tabulate(after, ({ pair }) => pair.distance).map(({ key }) => key)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(tabulate(after, ({ pair }) => pair.distance)[3].pairs).toBe(45);
  });

  it('adds up forms of several tokens, from where they differ', () => {
    const words = tokenizer('word', ['he', 'has', 'had', 'gone', 'come']);
    const { steps } = model(9, (read, token) => [-9, -9, -9, -9, -9, -1, -2, -1, read.at(-1) === 6 ? -8 : -3][token]);
    const pairs = parsePairs('he\thas gone\thad come\nhe\thas gone\thas come', 'p');
    const { judgements } = judgePairs({ steps, tokenizer: words, bos: undefined }, pairs, 'p');
    expect(judgements[0].margin).toBeCloseTo(-1 - 1 + 2 + 8, 6);
    expect(judgements[1]).toMatchObject({ length: 2, correct: true });
    expect(judgements[1].margin).toBeCloseTo(2, 6);
  });

  it('ends a form of characters with a space, so that one that begins the other does not always win', () => {
    const characters = tokenizer('char', ['a', 'b', ' ', 's']);
    const { steps } = model(8, (_, token) => (token === 7 ? -0.1 : -5));
    const pairs = parsePairs('ab\tas\ta', 'p');
    const { judgements } = judgePairs({ steps, tokenizer: characters, bos: undefined }, pairs, 'p');
    expect(judgements[0].margin).toBeCloseTo(-0.1, 5);
    expect(() => {
      const words = tokenizer('word', ['x', 'has', 'been']);
      judgePairs({ steps, tokenizer: words, bos: undefined }, parsePairs('x\thas been\thas', 'p'), 'p.tsv');
    }).toThrow(/^p\.tsv, line 1: one form begins with the other/);
  });

  it('leaves out pairs of two unknown forms, and counts prefixes with unknown words', () => {
    const words = tokenizer('word', ['the', 'is', 'are']);
    const { steps, computed } = model(7, (_, token) => -token);
    const pairs = parsePairs('the\truns\trun\nthe lamps\tare\tis', 'p');
    const judged = judgePairs({ steps, tokenizer: words, bos: 1 }, pairs, 'p');
    expect(judged).toMatchObject({ unknown: 1, unknownPrefixes: 1 });
    expect(judged.judgements).toHaveLength(1);
    expect(computed()).toBe(2 * 3);
  });
});
