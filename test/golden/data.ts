/** The texts that the golden cases are trained on: parts of corpora/, and words made by rule. Written anew into a folder for each use. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type DataName = keyof typeof texts;
/** The path of each text. */
export type Data = Readonly<Record<DataName, string>>;

function corpus(name: string): string {
  return readFileSync(new URL(`../../corpora/${name}`, import.meta.url), 'utf8');
}

function linesOf(name: string): string[] {
  return corpus(name).trimEnd().split('\n');
}

function joined(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** Numbers from 0 to 1: a linear congruential generator, whose products stay below 2^53. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** A word of its own for each number. */
function madeWord(n: number): string {
  const syllable = (k: number): string => 'bdfgklmnprstvz'[k % 14] + 'aeiou'[Math.floor(k / 14) % 5];
  return syllable(n % 70) + syllable(Math.floor(n / 70)) + (n % 3 === 0 ? 'n' : '');
}

/** Lines of words of which the first ones are frequent, and each of `kinds` stands once at least. */
function madeLines(lines: number, kinds: number): string[] {
  const draw = uniform(1);
  let next = 0;
  return Array.from({ length: lines }, () =>
    Array.from({ length: 8 }, (_, i) => {
      if (i % 2 === 0 && next < kinds) return madeWord(next++);
      const u = draw();
      return madeWord(Math.floor(kinds * u * u * u));
    }).join(' '),
  );
}

/** Sentences with entities in BIO tags, some words of which are of several types. */
function madeEntities(sentences: number): string[] {
  const draw = uniform(2);
  const pick = (list: readonly string[]): string => list[Math.floor(draw() * list.length)];
  const entities = ['Otto/PER', 'Mira Gull/PER', 'Gull Works/ORG', 'Bank of Otto/ORG', 'North Bank/LOC', 'Gull/LOC'];
  return Array.from({ length: sentences }, () => {
    const parts = [pick(entities), pick(['leaves', 'was seen in', 'and']), pick(entities), '.'];
    const lines = parts.flatMap((part) => {
      const [words, type] = part.split('/');
      return words.split(' ').map((word, i) => `${word}\t${type ? `${i === 0 ? 'B' : 'I'}-${type}` : 'O'}`);
    });
    return joined(lines);
  });
}

const texts = {
  'tales.txt': () => corpus('tales.txt').slice(0, 6000),
  'more.txt': () => corpus('tales.txt').slice(6000, 8000),
  'long.txt': () => corpus('tales.txt').slice(0, 24_000),
  'crlf.txt': () => corpus('tales.txt').slice(0, 4000).replaceAll('\n', '\r\n'),
  'words.txt': () => joined(madeLines(400, 1300)),
  'sentences.txt': () => joined(linesOf('agreement.txt').slice(0, 300)),
  'names.txt': () => joined(linesOf('names.txt').filter((_, i) => i % 2 === 0)),
  'names.tsv': () => joined(linesOf('names.tsv').filter((_, i) => i % 2 === 0)),
  'other.tsv': () => joined(linesOf('names.tsv').filter((_, i) => i % 10 === 1)),
  'tags.tsv': () => joined(linesOf('tags.tsv').slice(0, 1000)),
  'entities.tsv': () => joined(madeEntities(150)),
  'numbers.tsv': () => joined(linesOf('numbers.tsv').filter((_, i) => i % 13 === 0)),
} satisfies Record<string, () => string>;

export function writeData(folder: string): Data {
  mkdirSync(folder, { recursive: true });
  const names = Object.keys(texts) as DataName[];
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      writeFileSync(path, texts[name]());
      return [name, path];
    }),
  ) as Data;
}

/** Bytes that are not UTF-8, for `lossy`. */
export function writeBroken(path: string): void {
  const bytes = Buffer.from(corpus('tales.txt').slice(0, 3000));
  for (let i = 50; i < bytes.length; i += 97) bytes[i] = 0xc3;
  writeFileSync(path, bytes);
}
