/** That the committed numbers are what their program writes, and that their words name them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateNumbers, inWords, numbersSeed } from '../../corpora/numbers.ts';

describe('numbers.tsv', () => {
  const text = readFileSync(new URL('../../corpora/numbers.tsv', import.meta.url), 'utf8');

  it('is what the program writes', () => {
    expect(text === generateNumbers(numbersSeed)).toBe(true);
  });

  it('is 4,000 numbers, from the smallest on', () => {
    expect(text).toMatch(/^(\d{1,4}\t[a-z]+( [a-z]+)*\n)+$/);
    const values = text
      .trimEnd()
      .split('\n')
      .map((line) => Number(line.split('\t')[0]));
    expect(values).toHaveLength(4000);
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
  });
});

describe('a number in words', () => {
  it.each([
    [0, 'zero'],
    [19, 'nineteen'],
    [20, 'twenty'],
    [42, 'forty two'],
    [100, 'one hundred'],
    [4207, 'four thousand two hundred seven'],
    [9010, 'nine thousand ten'],
    [999_999, 'nine hundred ninety nine thousand nine hundred ninety nine'],
  ])('%d is %s', (value, words) => {
    expect(inWords(value)).toBe(words);
  });

  it('is another one for each number', () => {
    expect(new Set(Array.from({ length: 20_000 }, (_, value) => inWords(value))).size).toBe(20_000);
  });
});
