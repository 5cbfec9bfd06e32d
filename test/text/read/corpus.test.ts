/** The corpus reader: tokens, parts, vocabulary and figures, for texts of every kind. */

import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import {
  type Corpus,
  type CorpusOptions,
  type CorpusPart,
  EOS,
  parseTokenizer,
  readCorpus,
  UNK,
} from '../../../src/text/index.ts';
import { temporaryFolder } from '../../temporary.ts';

const CHAR: CorpusOptions = { format: 'stream', tokenizer: { kind: 'char' } };
const WORD: CorpusOptions = { format: 'stream', tokenizer: { kind: 'word' } };
const PRETOKENIZED: CorpusOptions = { format: 'stream', tokenizer: { kind: 'word', pretokenized: true } };
const LINES: CorpusOptions = { ...CHAR, format: 'lines' };

function file(content: string): string {
  const at = path.join(temporaryFolder(), 'text.txt');
  fs.writeFileSync(at, content);
  return at;
}

async function read(content: string, options: CorpusOptions): Promise<Corpus> {
  const corpus = await readCorpus([file(content)], options);
  onTestFinished(corpus.close);
  return corpus;
}

function idsOf(part: CorpusPart | undefined): number[] {
  if (part?.format !== 'stream') throw new Error('not a stream');
  const ids = new Int32Array(part.tokens.length);
  part.tokens.read(0, ids.length, ids, 0);
  return [...ids];
}

function linesOf(part: CorpusPart | undefined): number[][] {
  if (part?.format !== 'lines') throw new Error('not lines');
  const { tokens, starts, lengths } = part.documents;
  return [...starts].map((start, i) => {
    const ids = new Int32Array(lengths[i]);
    tokens.read(start, lengths[i], ids, 0);
    return [...ids];
  });
}

const textOf = ({ tokenizer }: Corpus, part: CorpusPart | undefined): string => tokenizer.decode(idsOf(part));

describe('a stream', () => {
  it('is read to the ids that the tokenizer gives', async () => {
    const graphemes = fc.string({ unit: 'grapheme', minLength: 300, maxLength: 500 });
    const [text] = fc.sample(graphemes, { numRuns: 1, seed: 1 });
    for (const options of [CHAR, WORD, PRETOKENIZED]) {
      const corpus = await read(`x${text}\n`, options);
      expect(idsOf(corpus.train)).toEqual(corpus.tokenizer.encode(`x${text}\n`));
      expect(corpus.valid).toBeUndefined();
      expect(corpus.bytes).toBe(Buffer.byteLength(text) + 2);
    }
  });

  it('is the files one after the other, byte-order marks dropped', async () => {
    const corpus = await readCorpus([file('\ufeffab'), file('\ufeffcd')], CHAR);
    expect(textOf(corpus, corpus.train)).toBe('abcd');
  });

  it('is split at the last tokens exactly', async () => {
    const text = 'abcdefghij'.repeat(101).slice(0, 1003);
    const corpus = await read(text, { ...CHAR, valSplit: 0.1 });
    expect(textOf(corpus, corpus.train)).toBe(text.slice(0, 902));
    expect(textOf(corpus, corpus.valid)).toBe(text.slice(902));
  });

  it('of several files is split at the last tokens of each', async () => {
    const texts = ['abcdefghij'.repeat(11), 'klmno'.repeat(4), 'p', 'qrstuvwxyz'.repeat(3)];
    const corpus = await readCorpus(texts.map(file), { ...CHAR, valSplit: 0.1 });
    const held = [11, 2, 1, 3];
    expect(textOf(corpus, corpus.train)).toBe(texts.map((text, i) => text.slice(0, text.length - held[i])).join(''));
    expect(corpus.shares.map(({ train, valid }) => [train, valid])).toEqual(
      texts.map((text, i) => [text.length - held[i], held[i]]),
    );
    const ids = texts.flatMap((text, i) => corpus.tokenizer.encode(text.slice(text.length - held[i])));
    expect(idsOf(corpus.valid)).toEqual(ids);
    expect(corpus.train.statistics.characters).toBe(161 - 17);
    // Any piece of it, across the ends of files.
    const { tokens } = corpus.valid as Extract<CorpusPart, { format: 'stream' }>;
    for (let from = 0; from < 17; from++) {
      for (let count = 0; from + count <= 17; count++) {
        const target = new Int32Array(2 * count);
        tokens.read(from, count, target, 0, 2);
        expect([...target].filter((_, i) => i % 2 === 0)).toEqual(ids.slice(from, from + count));
      }
    }
    expect(() => tokens.read(10, 8, new Int32Array(8), 0)).toThrow(RangeError);
    corpus.close();
  });

  it('is brought into a normalization form that is asked for, and what its tokenizer encodes too', async () => {
    const corpus = await read('e\u0301 ﬁ', { format: 'stream', tokenizer: { kind: 'char', unicode: 'nfkc' } });
    expect(textOf(corpus, corpus.train)).toBe('é fi');
    expect(corpus.tokenizer.encode('fe\u0301')).toEqual(corpus.tokenizer.encode('fé'));
    expect(corpus.bytes).toBe(7);
  });

  it('with byte-order marks inside, as of files that were joined, has them, and says so', async () => {
    const corpus = await read('\ufeffab\n\ufeffcd\n', CHAR);
    expect(textOf(corpus, corpus.train)).toBe('ab\n\ufeffcd\n');
    expect(corpus.remarks).toMatchObject([{ about: 'characters', warning: true, count: 1 }]);
  });

  it('has a vocabulary of the training part alone, and counts what it lacks', async () => {
    const corpus = await read('aaaaaaaab?', { ...CHAR, valSplit: 0.2 });
    expect(corpus.tokenizer.vocabulary.slice(4)).toEqual(['a']);
    expect(idsOf(corpus.valid)).toEqual([UNK, UNK]);
    expect(corpus.train.statistics).toEqual({ characters: 8, tokens: 8, unknown: 0, spellingBits: 0 });
    expect(corpus.valid?.statistics).toEqual({ characters: 2, tokens: 2, unknown: 2, spellingBits: 32 });
  });

  it('takes a validation text of its own', async () => {
    const corpus = await readCorpus([file('abab')], { ...CHAR, valSplit: 0.5, valid: [file('abc')] });
    expect(textOf(corpus, corpus.train)).toBe('abab');
    expect(idsOf(corpus.valid)).toEqual([4, 5, UNK]);
    expect(corpus.files).toHaveLength(2);
  });

  it('takes an existing tokenizer', async () => {
    for (const options of [CHAR, WORD, PRETOKENIZED]) {
      const { tokenizer } = await read('the cat sat\n', options);
      const other = await read('the dog sat\n', { ...options, tokenizer });
      expect(other.tokenizer).toBe(tokenizer);
      expect(idsOf(other.train)).toEqual(tokenizer.encode('the dog sat\n'));
      expect(other.train.statistics.unknown).toBeGreaterThan(0);
    }
  });

  it('of words counts the characters of the text', async () => {
    const text = 'He said, "Hé — 🙂!"\n\nSo  be it. And so\r\non';
    for (const tokenizer of [{ kind: 'char' }, { kind: 'word', minCount: 2 }] as const) {
      const corpus = await read(text.repeat(50), { format: 'stream', tokenizer, valSplit: 0.3 });
      const { train, valid } = corpus;
      expect(train.statistics.characters + valid!.statistics.characters).toBe([...text].length * 50);
    }
  });

  it('is the same from a file as from memory', async () => {
    const text = 'The quick brown fox. '.repeat(55_000);
    const scratch = temporaryFolder();
    const inMemory = await read(text, { ...CHAR, valSplit: 0.1 });
    const inFile = await read(text, { ...CHAR, valSplit: 0.1, memoryLimit: 0, scratch });
    expect(idsOf(inFile.train)).toEqual(idsOf(inMemory.train));
    expect(inFile.train.statistics).toEqual(inMemory.train.statistics);
    expect(fs.readdirSync(scratch)).toEqual([]);
  });

  it('has <eos> for each line when pre-tokenized, the last without a line end too', async () => {
    const corpus = await read(' a <unk>\n\n b a', PRETOKENIZED);
    expect(idsOf(corpus.train)).toEqual([4, UNK, EOS, EOS, 5, 4, EOS]);
    expect(corpus.train.statistics).toEqual({ characters: 13, tokens: 7, unknown: 1, spellingBits: 0 });
  });
});

describe('lines', () => {
  it('are documents, each ended by <eos>, empty ones left out', async () => {
    const corpus = await read('ab\n\n\r\nb\rabc\r\n\n', LINES);
    expect(corpus.tokenizer.vocabulary.slice(4)).toEqual(['a', 'b', 'c']);
    expect(linesOf(corpus.train)).toEqual([
      [4, 5, EOS],
      [5, EOS],
      [4, 5, 6, EOS],
    ]);
    expect(corpus.train.statistics).toEqual({ characters: 9, tokens: 9, unknown: 0, spellingBits: 0 });
  });

  it.each([[CHAR], [WORD], [PRETOKENIZED]])('of white space are none: %j', async ({ tokenizer }) => {
    const text = 'ab\n  \n \u00a0\n b\n\t\r\n\u3000';
    const corpus = await read(text, { format: 'lines', tokenizer });
    expect(linesOf(corpus.train).map((ids) => corpus.tokenizer.decode(ids).trim())).toEqual(['ab', 'b']);
    const { tokens, characters } = corpus.train.statistics;
    expect(tokens).toBe(linesOf(corpus.train).flat().length);
    if (tokenizer === CHAR.tokenizer) {
      expect(characters).toBe(6);
      expect(corpus.remarks).toEqual([
        { about: 'left out', warning: false, count: 4, text: 'left out, as nothing but white space: 4 lines.' },
      ]);
    }
  });

  it('that begin with more white space than a piece of a file holds are whole', async () => {
    const white = ' '.repeat((1 << 20) + 5);
    const corpus = await read(`a\n${white}b\n${white}\nc`, LINES);
    expect(linesOf(corpus.train).map((ids) => ids.length)).toEqual([2, white.length + 2, 2]);
    expect(corpus.train.statistics).toEqual({
      characters: white.length + 6,
      tokens: white.length + 6,
      unknown: 0,
      spellingBits: 0,
    });
    expect(corpus.remarks).toMatchObject([{ count: 1 }]);
  });

  it('end with their file', async () => {
    const corpus = await readCorpus([file('a'), file('b')], LINES);
    expect(linesOf(corpus.train)).toEqual([
      [4, EOS],
      [5, EOS],
    ]);
  });

  it('of words and of pre-tokenized words end alike', async () => {
    for (const { tokenizer } of [WORD, PRETOKENIZED]) {
      const corpus = await read('a b\n\nb', { format: 'lines', tokenizer });
      expect(linesOf(corpus.train)).toEqual([
        [5, 4, EOS],
        [4, EOS],
      ]);
    }
  });

  it('are chosen for validation by the seed', async () => {
    const text = Array.from({ length: 205 }, (_, i) => `line ${i}\n`).join('');
    const split = async (seed: number): Promise<[string[], string[]]> => {
      const corpus = await read(text, { ...LINES, valSplit: 0.1, seed });
      const lines = (part: CorpusPart | undefined) => linesOf(part).map((ids) => corpus.tokenizer.decode(ids));
      return [lines(corpus.train), lines(corpus.valid)];
    };
    const [train, valid] = await split(1);
    expect(train).toHaveLength(184);
    expect(valid).toHaveLength(21);
    expect([...train, ...valid].sort()).toEqual(text.trim().split('\n').sort());
    expect(valid).not.toEqual(text.trim().split('\n').slice(-21));
    expect(await split(1)).toEqual([train, valid]);
    expect((await split(2))[1]).not.toEqual(valid);
  });

  it('of a validation file are all for validation', async () => {
    const corpus = await readCorpus([file('a\nb\n')], { ...LINES, valid: [file('b\nc')] });
    expect(linesOf(corpus.train)).toHaveLength(2);
    expect(linesOf(corpus.valid)).toEqual([
      [5, EOS],
      [UNK, EOS],
    ]);
  });
});

describe('labelled lines', () => {
  const LABELLED: CorpusOptions = { ...CHAR, format: 'labelled' };
  const texts = ({ tokenizer }: Corpus, part: CorpusPart | undefined) =>
    linesOf(part).map((ids) => tokenizer.decode(ids, true));

  it('are documents that begin with a token of their label', async () => {
    const corpus = await read('Old Norse\tba\n\nGreek\tab\r\nGreek\tc', LABELLED);
    const { vocabulary, labels } = corpus.tokenizer;
    expect(labels).toEqual(['Greek', 'Old Norse']);
    expect(vocabulary.slice(4)).toEqual(['a', 'b', 'c', '<label:Greek>', '<label:Old Norse>']);
    expect(linesOf(corpus.train)).toEqual([
      [8, 5, 4, EOS],
      [7, 4, 5, EOS],
      [7, 6, EOS],
    ]);
    expect(corpus.train.statistics).toEqual({ characters: 8, tokens: 11, unknown: 0, spellingBits: 0 });
    expect(corpus.tokenizer.decode([8, 5, 4, EOS])).toBe('ba');
  });

  it('of words go on with the types of the lines before', async () => {
    const text = 'a\tthe cat\nb\tthe dog, the <label:b> <eos>\na\tdog';
    for (const { tokenizer } of [WORD, PRETOKENIZED]) {
      const corpus = await read(text, { format: 'labelled', tokenizer });
      const pieces = linesOf(corpus.train).map((ids) => corpus.tokenizer.decode(ids.slice(1, -1)));
      expect(pieces[0]).toBe('the cat');
      expect(pieces[2]).toBe('dog');
      expect(linesOf(corpus.train).map((ids) => corpus.tokenizer.vocabulary[ids[0]])).toEqual([
        '<label:a>',
        '<label:b>',
        '<label:a>',
      ]);
      const middle = linesOf(corpus.train)[1].slice(1, -1);
      expect(middle.map((id) => corpus.tokenizer.vocabulary[id])).not.toContain('<label:b>');
      expect(middle).toEqual(corpus.tokenizer.encode('the dog, the <label:b> <eos>'));
    }
  });

  it('in lower case keep the case of their labels, and their tokenizer can be read back', async () => {
    for (const { tokenizer } of [CHAR, WORD, PRETOKENIZED]) {
      const lowercase = { format: 'labelled', tokenizer: { ...tokenizer, lowercase: true } } as CorpusOptions;
      const corpus = await read('Red\tThe Cat\nblue\tThe dog\n', lowercase);
      const { vocabulary, labels } = corpus.tokenizer;
      expect(labels).toEqual(['Red', 'blue']);
      expect(vocabulary.filter((token) => token.startsWith('<label'))).toEqual(['<label:Red>', '<label:blue>']);
      expect(parseTokenizer(corpus.tokenizer.toJSON(), 'tokenizer.json').vocabulary).toEqual(vocabulary);
    }
  });

  it('are split by a seeded choice, and read with a tokenizer that exists', async () => {
    const text = Array.from({ length: 50 }, (_, i) => `${i % 2 ? 'x' : 'y'}\tline ${i}\n`).join('');
    const corpus = await read(text, { ...LABELLED, valSplit: 0.2, seed: 3 });
    const all = [...texts(corpus, corpus.train), ...texts(corpus, corpus.valid)].sort();
    expect(all).toEqual(Array.from({ length: 50 }, (_, i) => `<label:${i % 2 ? 'x' : 'y'}>line ${i}<eos>`).sort());
    expect(linesOf(corpus.valid)).toHaveLength(10);
    const again = await read('y\tline 1', { ...LABELLED, tokenizer: corpus.tokenizer });
    expect(texts(again, again.train)).toEqual(['<label:y>line 1<eos>']);
  });

  it('leave one of each label to train on', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const text = Array.from({ length: 10 }, (_, i) => `${'aaaabbbccd'[i]}\t${i}\n`).join('');
      const corpus = await read(text, { ...LABELLED, valSplit: 0.6, seed });
      const labels = new Set(texts(corpus, corpus.train).map((line) => line.slice(0, '<label:a>'.length)));
      expect(labels.size).toBe(4);
      expect(linesOf(corpus.train).length + linesOf(corpus.valid).length).toBe(10);
    }
  });

  it.each<[string, RegExp, Partial<CorpusOptions>?]>([
    ['a\tx\nx\n', /txt, line 2, has no tab between label and text/],
    ['a\tx\n\nb\t\n', /txt, line 3, has a label without a text/],
    ['\tx\n', /txt, line 1, has a text without a label/],
    ['a\tx\ty\n', /txt, line 1, has more than one tab/],
    ['a\tx\na\ty\n', /All examples in .*txt have the label a/],
    ['a\tx\nb\t\u2003\n', /txt, line 2, has a label without a text/, PRETOKENIZED],
    ['\n', /txt has no line; give more text\.$/],
  ])('that are wrong are refused with their place: %j', async (content, message, more) => {
    const options: CorpusOptions = { ...LABELLED, ...more, format: 'labelled' };
    await expect(read(content, options)).rejects.toThrow(InputError);
    await expect(read(content, options)).rejects.toThrow(message);
  });

  it('with a label that the training part or the model lacks have <unk> there, and are refused if strict', async () => {
    const valid = [file('a\tx\nc\tx\n')];
    const corpus = await read('a\tx\nb\tx\n', { ...LABELLED, valid });
    expect(linesOf(corpus.valid)).toEqual([
      [5, 4, EOS],
      [UNK, 4, EOS],
    ]);
    expect(corpus.remarks).toMatchObject([{ about: 'labels', warning: true, count: 1 }]);
    const strict = { ...LABELLED, strict: true };
    await expect(read('a\tx\nb\tx\n', { ...strict, valid })).rejects.toThrow(
      /txt, line 2, has the label c, which training did not see: it saw a, b/,
    );
    const { tokenizer } = corpus;
    await expect(read('a\tx\nc\tx\n', { ...strict, tokenizer })).rejects.toThrow(/line 2, has the label c/);
    expect((await read('a\tx\nc\tx\n', { ...LABELLED, tokenizer })).train.statistics.unknown).toBe(1);
    const plain = await read('ax\n', LINES);
    const none = read('a\tx\n', { ...LABELLED, tokenizer: plain.tokenizer });
    await expect(none).rejects.toThrow(/line 1, has the label a, .*: it saw none/);
  });
});

describe('strange texts', () => {
  it('of 200,000 distinct code points', async () => {
    const characters = Array.from({ length: 200_000 }, (_, i) =>
      String.fromCodePoint(i + 0x20 + (i < 0xd000 ? 0 : 0x1000)),
    );
    const corpus = await read(characters.join(''), CHAR);
    expect(corpus.tokenizer.vocabulary).toHaveLength(200_004);
    expect(idsOf(corpus.train)).toEqual(Array.from(characters, (_, i) => i + 4));
  });

  it('of one character repeated', async () => {
    const corpus = await read('a'.repeat(3_000_000), { ...CHAR, valSplit: 0.1 });
    expect(corpus.tokenizer.vocabulary.slice(4)).toEqual(['a']);
    expect(corpus.train.statistics.tokens).toBe(2_700_000);
  });

  it.each(['stream', 'lines'] as const)('of one line of 50 MB, as %s', async (format) => {
    const corpus = await read('The quick brown fox. '.repeat(2_400_000), { ...CHAR, format });
    expect(corpus.train.statistics.characters).toBe(50_400_000 + (format === 'lines' ? 1 : 0));
  });

  it('of one word of 3 MB', async () => {
    const corpus = await read('a'.repeat(3_000_000), WORD);
    expect(corpus.tokenizer.vocabulary[4]).toBe('a'.repeat(1024));
    expect(corpus.train.statistics.tokens).toBe(Math.ceil(3_000_000 / 1024));
  });

  it('of mixed scripts, emoji, marks and NULs', async () => {
    const text = 'Ελληνικά, русский, 日本語, عربى 👩‍👩‍👧 e\u0301\0 שלום\r\n'.repeat(20);
    for (const options of [CHAR, WORD]) {
      const corpus = await read(text, options);
      expect(textOf(corpus, corpus.train)).toBe(text);
    }
  });
});

describe('a corpus that is too small', () => {
  it.each<[string, CorpusOptions, RegExp]>([
    ['a', CHAR, /txt has 1 of at least 2 tokens; give more text\.$/],
    ['abcdef', { ...CHAR, valSplit: 0.1 }, /validation text has 1 of at least 2 tokens/],
    ['a', { ...LINES, valSplit: 0.1 }, /training text has no line/],
    ['\n\n', LINES, /txt has no line; give more text\.$/],
    ['ab', { ...CHAR, tokenizer: { kind: 'char', minCount: 2 } }, /occurs 2 times or more/],
    ['ab', { ...CHAR, valSplit: 1 }, /valSplit is 1/],
  ])('is refused with the numbers: %j', async (content, options, message) => {
    await expect(read(content, options)).rejects.toThrow(InputError);
    await expect(read(content, options)).rejects.toThrow(message);
  });
});
