/** Made-up text files of any size. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { createRandom } from '../src/random.ts';
import { zipfTokens } from './tokens.ts';

/** Ranges of letters that words are made of, by first code point and number. */
const SCRIPTS = {
  latin: [[0x61, 26]],
  mixed: [
    [0x61, 26],
    [0x3b1, 25],
    [0x430, 32],
    [0x4e00, 2000],
  ],
} as const;
export type Script = keyof typeof SCRIPTS;

const TYPES = 30_000;
/** Words that are put together anew; a longer file repeats them. */
const WORDS = 2_000_000;

/** Writes about `bytes` of words in lines to a file: 30,000 different ones in the proportions of a text. */
export function writeText(file: string, bytes: number, script: Script): void {
  const random = createRandom(1);
  const types = Array.from({ length: TYPES }, () => {
    const [first, letters] = SCRIPTS[script][random.integer(SCRIPTS[script].length)];
    const length = letters > 1000 ? 2 : 2 + random.integer(8);
    return String.fromCodePoint(...Array.from({ length }, () => first + random.integer(letters)));
  });
  const ends = [' ', ' ', ' ', ' ', ' ', ' ', ' ', ', ', '. ', '.\n'];
  const words = Array.from(
    zipfTokens(TYPES, Math.min(WORDS, bytes >> 2), 1),
    (id) => types[id] + ends[random.integer(10)],
  );
  const block = Buffer.from(words.join(''));
  const handle = openSync(file, 'w');
  let left = bytes;
  for (; left >= block.length; left -= block.length) writeSync(handle, block);
  writeSync(handle, block, 0, block.lastIndexOf(' ', left) + 1);
  closeSync(handle);
}
