/**
 * Writes numbers.tsv beside itself: numbers in digits and in English words, for translating the one into the other.
 *
 *     npx tsx corpora/numbers.ts
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../src/random.ts';

/** The seed of the file that ships. */
export const numbersSeed = 2014;
/** Numbers of four digits in numbers.tsv, of 9,000; of the shorter ones all are there. */
export const longNumbers = 3000;

const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

/** A whole number from 0 to 999,999 in words, without "and" and hyphens: "four thousand two hundred seven". */
export function inWords(value: number): string {
  if (value < 20) return small[value];
  if (value < 100) return `${tens[Math.floor(value / 10) - 2]}${rest(value % 10)}`;
  if (value < 1000) return `${small[Math.floor(value / 100)]} hundred${rest(value % 100)}`;
  return `${inWords(Math.floor(value / 1000))} thousand${rest(value % 1000)}`;
}

function rest(value: number): string {
  return value === 0 ? '' : ` ${inWords(value)}`;
}

/** The content of numbers.tsv for a seed, the smallest number first. */
export function generateNumbers(seed: number): string {
  const random = createRandom(seed);
  const numbers = new Set(Array.from({ length: 1000 }, (_, value) => value));
  while (numbers.size < 1000 + longNumbers) numbers.add(1000 + random.integer(9000));
  return [...numbers]
    .sort((a, b) => a - b)
    .map((value) => `${value}\t${inWords(value)}\n`)
    .join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('numbers.tsv', import.meta.url), generateNumbers(numbersSeed));
}
