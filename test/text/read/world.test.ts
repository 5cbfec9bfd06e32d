/** Texts from the world through the corpus reader: what each is read to, to the last character. */

import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { completeOptions } from '../../../src/options/options.ts';
import {
  type Corpus,
  parseTokenizer,
  readCorpus,
  SPECIAL_TOKENS,
  type TokenStore,
  UNK,
} from '../../../src/text/index.ts';
import { readTrainingData } from '../../../src/train/data/read.ts';
import { temporaryFolder } from '../../temporary.ts';
import { manyCharacters } from './many.ts';

const CHAR = { format: 'stream', tokenizer: { kind: 'char' } } as const;
const WORD = { format: 'stream', tokenizer: { kind: 'word' } } as const;

function file(text: string | Uint8Array, name = 'text.txt'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

function ids(tokens: TokenStore): Int32Array {
  const all = new Int32Array(tokens.length);
  tokens.read(0, tokens.length, all, 0);
  return all;
}

/** The text that the training part of a stream holds. */
function textOf({ train, tokenizer }: Corpus): string {
  return train.format === 'stream' ? tokenizer.decode(ids(train.tokens)) : '';
}

describe('a text comes back as it was', () => {
  it.each([
    ['scripts of many kinds', 'Ünïcödé Ελληνικά русский עברית العربية हिन्दी ไทย 日本語 中文 한국어 አማርኛ'],
    ['emoji, joined and coloured', '🙂 👩‍👩‍👧‍👦 👍🏽 🇫🇷 ❤️ 1️⃣ ok.'],
    [
      'combining marks, however many',
      `e\u0301 ${'a\u0300\u0301\u0302'.repeat(50)} Z${'\u0335\u0338'.repeat(30)} n\u0303`,
    ],
    ['CRLF, CR and LF', 'one\r\ntwo\rthree\n\r\n\r\r\nfour'],
    [
      'NUL bytes and other controls',
      `${'some text with a few controls, '.repeat(9)}\0 \x07 \x1b[2J \x7f \x85 \u200b\ufeff`,
    ],
    ['every kind of white space', 'a\tb\u00a0c\u2003d\u2028e\u3000f \u200d  g   h'],
    ['what looks like a special token', 'a <unk> b <eos> c <bos><pad> <unk'],
    ['the ends of Unicode', '\u0001\u007e\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}'.repeat(2)],
  ])('%s', async (_, text) => {
    for (const options of [CHAR, WORD]) {
      const corpus = await readCorpus([file(text)], options);
      expect(textOf(corpus)).toBe(text);
      expect(corpus.train.statistics).toMatchObject({ unknown: 0, characters: [...text].length });
      expect(corpus.tokenizer.decode(corpus.tokenizer.encode(text))).toBe(text);
    }
  });
});

describe('a text of one character', () => {
  it('has a vocabulary of it, and is one word', async () => {
    const path = file('a'.repeat(1000));
    const { tokenizer, train } = await readCorpus([path], CHAR);
    expect(tokenizer.vocabulary).toEqual([...SPECIAL_TOKENS, 'a']);
    expect(train.statistics).toEqual({ characters: 1000, tokens: 1000, unknown: 0, spellingBits: 0 });
    await expect(readCorpus([path], WORD)).rejects.toThrow(/has 1 of at least 2 tokens/);
  });
});

describe('line ends', () => {
  const text = 'one\r\ntwo\rthree\n\r\n\r\r\nfour';
  it('are LF when they are normalized', async () => {
    const tokenizer = { kind: 'char', normalizeNewlines: true } as const;
    expect(textOf(await readCorpus([file(text)], { ...CHAR, tokenizer }))).toBe('one\ntwo\nthree\n\n\n\nfour');
  });

  it('of any kind end a document', async () => {
    const { train, tokenizer } = await readCorpus([file(text)], { ...CHAR, format: 'lines' });
    if (train.format !== 'lines') throw new Error('not lines');
    const { tokens, starts, lengths } = train.documents;
    const documents = [...starts].map((start, i) => tokenizer.decode(ids(tokens).subarray(start, start + lengths[i])));
    expect(documents).toEqual(['one', 'two', 'three', 'four']);
  });
});

describe('a text of great size', () => {
  it('in a single line of 50 MB is one document, or a stream', async () => {
    const path = file('the quick brown fox 日本 jumps over the lazy dog, '.repeat(1_000_000));
    const { train } = await readCorpus([path], CHAR);
    expect(train.statistics).toEqual({ characters: 48_000_000, tokens: 48_000_000, unknown: 0, spellingBits: 0 });
    const lines = await readCorpus([path], { ...CHAR, format: 'lines' });
    expect(lines.train.statistics.tokens).toBe(48_000_001);
    await expect(readCorpus([path], { ...CHAR, format: 'lines', valSplit: 0.1 })).rejects.toThrow(InputError);
  }, 60_000);

  it('of 200,000 different characters has a vocabulary of them', async () => {
    const text = manyCharacters(200_000);
    const { tokenizer, train } = await readCorpus([file(text)], CHAR);
    expect(tokenizer.vocabulary.join('') === SPECIAL_TOKENS.join('') + text).toBe(true);
    expect(train.statistics).toEqual({ characters: 200_000, tokens: 200_000, unknown: 0, spellingBits: 0 });
    const again = parseTokenizer(JSON.parse(JSON.stringify(tokenizer)), 'tokenizer.json');
    expect(again.encode('\u{30000}a\u0100')).toEqual([0x30000 - 0x100 - 0x800 + 4, UNK, 4]);
    const limited = await readCorpus([file(`${text}\u0100`)], { ...CHAR, tokenizer: { kind: 'char', vocabSize: 5 } });
    expect(limited.train.statistics).toMatchObject({ tokens: 200_001, unknown: 199_999 });
  }, 60_000);

  it('of one long word is cut, and comes back', async () => {
    const text = 'ü'.repeat(100_000);
    expect(textOf(await readCorpus([file(text)], CHAR))).toBe(text);
    const { tokenizer, train } = await readCorpus([file(text)], WORD);
    // A space stands between two words, so that a piece of a word can't be told from a word.
    expect(tokenizer.vocabulary.slice(4)).toEqual(['ü'.repeat(512), 'ü'.repeat(100_000 % 512)]);
    expect(train.statistics.tokens).toBe(Math.ceil(100_000 / 512));
  });
});

describe('a file that changes while it is read', () => {
  it('is recorded as it was read', async () => {
    const path = file('the cat sat on the mat\n'.repeat(200_000));
    const options = completeOptions({ files: [path], batchSize: 2, seqLength: 8, valSplit: 0 });
    const reading = readTrainingData(options);
    const grow = setInterval(() => appendFileSync(path, 'and more\n'), 1);
    const data = await reading;
    clearInterval(grow);
    appendFileSync(path, 'and more\n');
    const [{ bytes, sha256 }] = data.files;
    const read = readFileSync(path).subarray(0, bytes);
    expect(bytes).toBeLessThan(readFileSync(path).length);
    expect(createHash('sha256').update(read).digest('hex')).toBe(sha256);
    expect(data.batches.tokensPerEpoch).toBe(2 * Math.floor((bytes - 1) / 2));
    data.close();
  });
});
