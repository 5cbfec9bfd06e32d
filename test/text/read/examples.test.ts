/**
 * The reader of examples: what is read and said, vocabularies and labels of the training part, and an error with its
 * place for each bad line.
 */

import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import {
  type Documents,
  EOS,
  type ExampleCorpus,
  type ExampleOptions,
  type ExamplePart,
  type ExampleTask,
  exampleBatches,
  readExamples,
  UNK,
} from '../../../src/text/index.ts';
import { temporaryFolder } from '../../temporary.ts';

function file(content: string, name = 'examples.tsv'): string {
  const at = path.join(temporaryFolder(), name);
  fs.writeFileSync(at, content);
  return at;
}

const options = (task: ExampleTask, more: Partial<ExampleOptions> = {}): ExampleOptions => ({
  task,
  tokenizer: { kind: task === 'tag' ? 'word' : 'char' },
  maxLength: 100,
  ...more,
});

async function read(content: string, task: ExampleTask, more: Partial<ExampleOptions> = {}): Promise<ExampleCorpus> {
  const corpus = await readExamples([file(content)], options(task, more));
  onTestFinished(corpus.close);
  return corpus;
}

function idsOf({ tokens, starts, lengths }: Documents): number[][] {
  return [...starts].map((start, i) => {
    const ids = new Int32Array(lengths[i]);
    tokens.read(start, lengths[i], ids, 0);
    return [...ids];
  });
}

/** Text and label of each example of `classify`. */
function classified({ tokenizer, labels }: ExampleCorpus, part: ExamplePart | undefined): [string, string][] {
  const outputs = idsOf(part!.examples.outputs);
  return idsOf(part!.examples.inputs).map((ids, i) => [
    tokenizer.decode(ids),
    outputs[i].map((id) => labels[id]).join(),
  ]);
}

describe('examples of classify', () => {
  it('are a label and a text a line, whatever ends the line', async () => {
    const corpus = await read('Xy\tab\n\nXy\tb\r\n  \nA b\tcab\rXy\ta', 'classify');
    expect(corpus.labels).toEqual(['Xy', 'A b']);
    expect(classified(corpus, corpus.train)).toEqual([
      ['ab', 'Xy'],
      ['b', 'Xy'],
      ['cab', 'A b'],
      ['a', 'Xy'],
    ]);
    expect(corpus.tokenizer.vocabulary.slice(4)).toEqual(['a', 'b', 'c']);
    expect(corpus.train.statistics).toEqual({ characters: 7, tokens: 7, unknown: 0, spellingBits: 0 });
    expect(corpus.valid).toBeUndefined();
  });

  it('may be a folder with a file for each class', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, 'Old Norse.txt'), 'ab\r\n\nb\n');
    fs.writeFileSync(path.join(folder, 'Greek.v2.txt'), 'c');
    fs.writeFileSync(path.join(folder, 'empty.txt'), '');
    const corpus = await readExamples([folder], options('classify'));
    expect(classified(corpus, corpus.train)).toEqual([
      ['c', 'Greek.v2'],
      ['ab', 'Old Norse'],
      ['b', 'Old Norse'],
    ]);
    expect(corpus.labels).toEqual(['Old Norse', 'Greek.v2']);
    const text = `left out, as empty or no text: ${path.join(folder, 'empty.txt')}.`;
    expect(corpus.remarks).toEqual([{ about: 'left out', text, warning: true, count: 1 }]);
    expect(corpus.bytes).toBe(8);
    corpus.close();
  });

  it('have labels by falling count, then by code point', async () => {
    const corpus = await read('b\tx\n\u{1f600}\tx\n\uffee\tx\nb\tx\na\tx\n', 'classify');
    expect(corpus.labels).toEqual(['b', 'a', '\uffee', '\u{1f600}']);
  });

  it('of words are cut as a text is', async () => {
    const corpus = await read("a\tThe cat, it's here\nb\tthe dog \n", 'classify', {
      tokenizer: { kind: 'word', lowercase: true },
    });
    const texts = idsOf(corpus.train.examples.inputs);
    expect(texts).toEqual(["The cat, it's here", 'the dog '].map(corpus.tokenizer.encode));
  });

  it('are chosen for validation by the seed, and the vocabulary is that of the others', async () => {
    const text = Array.from({ length: 205 }, (_, i) => `${i % 2 ? 'odd' : 'even'}\ttext ${i}\n`).join('');
    const split = async (seed: number) => {
      const corpus = await read(text, 'classify', { valSplit: 0.1, seed });
      return [classified(corpus, corpus.train), classified(corpus, corpus.valid)];
    };
    const [train, valid] = await split(1);
    expect([train.length, valid.length]).toEqual([184, 21]);
    for (const [name, label] of [...train, ...valid]) expect(label).toBe(Number(name.slice(5)) % 2 ? 'odd' : 'even');
    expect(new Set([...train, ...valid].map(([name]) => name)).size).toBe(205);
    expect(await split(1)).toEqual([train, valid]);
    expect(await split(2)).not.toEqual([train, valid]);
  });

  it.each<['classify' | 'tag', string, number]>([
    ['classify', 'a\t0\na\t1\na\t2\na\t3\nb\t4\nb\t5\nb\t6\nc\t7\nc\t8\nd\t9\n', 10],
    ['tag', 'x\ta\nx\tb\nx\ta\n\nx\ta\n\nx\ta\nx\tc\n\nx\td\nx\ta\n\nx\tb\nx\ta\n', 5],
  ])('of %s leave one of each label to train on', async (task, text, size) => {
    for (let seed = 0; seed < 10; seed++) {
      const corpus = await read(text, task, { valSplit: 0.6, seed });
      const known = new Set(idsOf(corpus.train.examples.outputs).flat());
      expect([...known].sort()).toEqual([0, 1, 2, 3]);
      expect(corpus.train.examples.inputs.lengths.length + corpus.valid!.examples.inputs.lengths.length).toBe(size);
    }
  });

  it('of a validation file are all for validation', async () => {
    const corpus = await read('a\txy\nb\tx\n', 'classify', { valSplit: 0.5, valid: [file('b\tzx\n')] });
    expect(corpus.train.examples.inputs.lengths).toHaveLength(2);
    expect(idsOf(corpus.valid!.examples.inputs)).toEqual([[UNK, 4]]);
    expect(idsOf(corpus.valid!.examples.outputs)).toEqual([[1]]);
    expect(corpus.valid!.statistics).toEqual({ characters: 2, tokens: 2, unknown: 1, spellingBits: 16 });
    expect(corpus.files).toHaveLength(2);
  });

  it('take a tokenizer and labels that exist, and may then be of one class', async () => {
    const { tokenizer, labels } = await read('a\txy\nb\tx\n', 'classify');
    const corpus = await read('b\tyz\n', 'classify', { tokenizer, labels });
    expect(corpus.tokenizer).toBe(tokenizer);
    expect(corpus.labels).toEqual(['a', 'b']);
    expect(idsOf(corpus.train.examples.inputs)).toEqual([[5, UNK]]);
    expect(idsOf(corpus.train.examples.outputs)).toEqual([[1]]);
  });

  it('come back as they were written, in any pieces of a file', async () => {
    const character = fc.integer({ min: 0x20, max: 0x10ffff }).map((codePoint) => String.fromCodePoint(codePoint));
    const text = fc
      .array(
        character.filter((c) => !/[\p{Cc}\p{Cs}]/u.test(c)),
        { minLength: 1, maxLength: 8 },
      )
      .map((characters) => characters.join(''))
      .filter((joined) => !/^ *$/.test(joined) && !joined.startsWith('\ufeff'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom('a', 'é b', '🙂'), text), { maxLength: 8 }), async (lines) => {
        const all: [string, string][] = [['a', 'x'], ['é b', 'y'], ...lines];
        const corpus = await read(all.map(([label, words]) => `${label}\t${words}\n`).join(''), 'classify');
        expect(classified(corpus, corpus.train)).toEqual(all.map(([label, words]) => [words, label]));
      }),
      { numRuns: 25 },
    );
  });

  it('go on where a piece of a large file cuts a line', async () => {
    const lines = Array.from({ length: 120_000 }, (_, i) => `${i % 3}\té${i} and so on`);
    for (const end of ['\n', '\r\n']) {
      const corpus = await read(lines.join(end) + end, 'classify');
      const { inputs, outputs } = corpus.train.examples;
      expect(inputs.lengths).toHaveLength(120_000);
      const ids = new Int32Array(20);
      for (const i of [0, 60_000, 119_999]) {
        inputs.tokens.read(inputs.starts[i], inputs.lengths[i], ids, 0);
        expect(corpus.tokenizer.decode(ids.subarray(0, inputs.lengths[i]))).toBe(`é${i} and so on`);
      }
      outputs.tokens.read(119_999, 1, ids, 0);
      expect(corpus.labels[ids[0]]).toBe('2');
    }
  });
});

describe('examples of tag', () => {
  const TAGGED = 'Time\tN\nflies\tV\n\n\r\nTime\tN\r\n   \nlike\tP\nflies\tN\n\nis\tV\nis\tV';

  it('are sentences of tokens and tags', async () => {
    const corpus = await read(TAGGED, 'tag', { tokenizer: { kind: 'word', minCount: 1 } });
    expect(corpus.labels).toEqual(['N', 'V', 'P']);
    expect(corpus.tokenizer.vocabulary.slice(4)).toEqual(['Time', 'flies', 'is', 'like']);
    expect(idsOf(corpus.train.examples.inputs)).toEqual([[4, 5], [4], [7, 5], [6, 6]]);
    expect(idsOf(corpus.train.examples.outputs)).toEqual([[0, 1], [0], [2, 0], [1, 1]]);
  });

  it('end with their file', async () => {
    const corpus = await readExamples(
      [file('a\tX'), file('b\tY')],
      options('tag', { tokenizer: { kind: 'word', minCount: 1 } }),
    );
    expect(idsOf(corpus.train.examples.inputs)).toEqual([[4], [5]]);
    corpus.close();
  });

  it('have tokens of any characters but white space, as the file has them', async () => {
    const tokens = ["don't", 'a,b', '(', '10:30', '...', '<unk>', 'naïve'];
    const corpus = await read(tokens.map((token, i) => `${token}\t${i % 2}`).join('\n'), 'tag', {
      tokenizer: { kind: 'char', minCount: 1 },
    });
    const ids = idsOf(corpus.train.examples.inputs)[0];
    expect(ids.map((id) => corpus.tokenizer.vocabulary[id])).toEqual(tokens);
    expect(corpus.tokenizer.encode(tokens.join(' '))).toEqual(ids);
  });

  it('learn what unknown words look like from those that come once', async () => {
    const rare = ['seeing', 'doing', 'going', 'having', 'being'].map((word) => `${word}\tV\n`).join('');
    const corpus = await read(`the\tD\nthe\tD\n${rare}`, 'tag', {
      valid: [file('making\tV\nThe\tD\nox-1\tN\n'.replace('\tN', '\tV'))],
    });
    const { vocabulary, options } = corpus.tokenizer;
    expect(vocabulary.slice(4)).toEqual(['the', '<unk:x-ing>']);
    expect(options).toMatchObject({ kind: 'word', pretokenized: true, unknownShapes: true });
    expect(idsOf(corpus.train.examples.inputs)[0]).toEqual([4, 4, 5, 5, 5, 5, 5]);
    // "The" is known in lower case; of "ox-1" not even the case is.
    expect(idsOf(corpus.valid!.examples.inputs)).toEqual([[5, 4, UNK]]);
  });
});

describe('what nobody sees', () => {
  const NFD = 'e\u0301te\u0301';
  it.each<[ExampleTask, string]>([
    ['classify', 'label'],
    ['tag', 'tag'],
  ])('makes no other label of %s, and is counted', async (task, name) => {
    const written = ['red', 'red ', ' red', '\u00a0red', 'red\u200b', '\ufeffred'];
    const spaced = ['d red', 'd  red', 'd\u00a0red', 'd\u2003red'];
    const composed = [NFD.normalize('NFC'), NFD];
    const all = [...written, ...spaced, ...composed];
    const line = (label: string) => (task === 'tag' ? `x\t${label}\n` : `${label}\tx\n`);
    const corpus = await read(all.map(line).join(''), task, { tokenizer: { kind: 'word', minCount: 1 } });
    expect(corpus.labels).toEqual(['red', 'd red', NFD.normalize('NFC')]);
    const outputs = idsOf(corpus.train.examples.outputs).flat();
    expect(outputs).toEqual([...written.map(() => 0), ...spaced.map(() => 1), 2, 2]);
    // A byte-order mark at the beginning of a line is none of the label's.
    const count = task === 'tag' ? 9 : 8;
    expect(corpus.remarks).toEqual([{ about: 'labels', warning: false, count, text: expect.stringContaining(name) }]);
    // Labels as an older program kept them.
    const old = await read(line('red'), task, { tokenizer: corpus.tokenizer, labels: ['blue', 'red ', 'red'] });
    expect(idsOf(old.train.examples.outputs)).toEqual([[1]]);
  });

  it('makes no example of a line', async () => {
    const corpus = await read('a\tx\n\u00a0\u3000\n\t\n\ufeffb\ty\n \u200b\n', 'classify');
    expect(classified(corpus, corpus.train)).toEqual([
      ['x', 'a'],
      ['y', 'b'],
    ]);
    const tagged = await read('a\tx\n\u00a0\nb\ty\n\t\nb\ty\n', 'tag');
    expect(tagged.train.examples.inputs.lengths).toHaveLength(3);
  });

  it('parts words inside of a token as _ does', async () => {
    const corpus = await read('Hà Nội\tNp\n đẹp \tA\n1\u00a0000\tM\nHà_Nội\tNp\n', 'tag', {
      tokenizer: { kind: 'word', minCount: 1 },
    });
    expect(corpus.tokenizer.vocabulary.slice(4)).toEqual(['Hà_Nội', '1_000', 'đẹp']);
    expect(corpus.remarks).toMatchObject([{ about: 'tokens', count: 2 }]);
  });

  it('is one spelling where a normalization form is asked for', async () => {
    const text = `a\t${NFD}\nb\tﬁ²\n`;
    const composed = await read(text, 'classify', { tokenizer: { kind: 'char', unicode: 'nfc' } });
    expect(classified(composed, composed.train).map(([words]) => words)).toEqual(['été', 'ﬁ²']);
    const compatible = await read(text, 'classify', { tokenizer: { kind: 'char', unicode: 'nfkc' } });
    expect(classified(compatible, compatible.train).map(([words]) => words)).toEqual(['été', 'fi2']);
    // What is read by its tokenizer later is brought into the same form.
    const again = await read(text, 'classify', { tokenizer: compatible.tokenizer });
    expect(classified(again, again.train)).toEqual(classified(compatible, compatible.train));
  });
});

describe('examples of translate', () => {
  it('are a source and a target a line, the target with its <eos>', async () => {
    const corpus = await read('ab\tone two\n\nb\ttwo\nab\tthree\n', 'translate', { targetTokenizer: { kind: 'word' } });
    expect(corpus.labels).toEqual([]);
    expect(corpus.tokenizer.vocabulary.slice(4)).toEqual(['a', 'b']);
    expect(corpus.targetTokenizer!.vocabulary.slice(4)).toEqual(['two', 'one', 'three']);
    expect(idsOf(corpus.train.examples.inputs)).toEqual([[4, 5], [5], [4, 5]]);
    expect(idsOf(corpus.train.examples.outputs)).toEqual([
      [5, 4, EOS],
      [4, EOS],
      [6, EOS],
    ]);
    expect(corpus.train.statistics).toEqual({ characters: 5, tokens: 5, unknown: 0, spellingBits: 0 });
    expect(corpus.train.targetStatistics).toEqual({ characters: 17, tokens: 7, unknown: 0, spellingBits: 0 });
  });

  it('have one kind of tokenizer, with two vocabularies, unless told otherwise', async () => {
    const corpus = await read('ab\tcd\n', 'translate');
    expect(corpus.tokenizer.vocabulary.slice(4)).toEqual(['a', 'b']);
    expect(corpus.targetTokenizer!.vocabulary.slice(4)).toEqual(['c', 'd']);
  });

  it('take tokenizers that exist', async () => {
    const first = await read('ab\tcd\n', 'translate');
    const again = await read('bx\tdx\n', 'translate', {
      tokenizer: first.tokenizer,
      targetTokenizer: first.targetTokenizer,
    });
    expect(idsOf(again.train.examples.inputs)).toEqual([[5, UNK]]);
    expect(idsOf(again.train.examples.outputs)).toEqual([[5, UNK, EOS]]);
  });
});

describe('what is too long', () => {
  it('is cut on either side, and counted', async () => {
    const limited = { maxLength: 3 };
    const labelled = await read('a\txyzxy\nb\txyz\n', 'classify', limited);
    expect(classified(labelled, labelled.train).map(([text]) => text)).toEqual(['xyz', 'xyz']);
    expect(labelled.remarks).toMatchObject([{ about: 'sizes', warning: true, count: 1 }]);
    expect(labelled.remarks[0].text).toMatch(
      /^cut to the 3 tokens of maxLength: 1; the longest, a text in .*tsv, line 1, has 5\.$/,
    );
    const pairs = await read('abcd\tx\na\txyzx\n', 'translate', limited);
    expect([...pairs.train.examples.inputs.lengths]).toEqual([3, 1]);
    // With their <eos>.
    expect([...pairs.train.examples.outputs.lengths]).toEqual([2, 4]);
    expect(pairs.remarks).toMatchObject([{ count: 2 }]);
    const tagged = await read('a\tX\nb\tY\nc\tX\nd\tZ\ne\tX\n\na\tX\n', 'tag', limited);
    for (const side of ['inputs', 'outputs'] as const) {
      expect([...tagged.train.examples[side].lengths]).toEqual([3, 1]);
    }
    // The tag of what was cut off is none.
    expect(tagged.labels).toEqual(['X', 'Y']);
    expect(tagged.remarks[0].text).toMatch(/a sentence in .*tsv, line 1, has 5\.$/);
  });
});

describe('labels that training did not see', () => {
  it('are below 0, and counted', async () => {
    const valid = file('a\tx\nnew\ty\nb\tx\nother\tx\nnew\tx\n');
    const corpus = await read('a\tx\nb\ty\n', 'classify', { valid: [valid] });
    expect(corpus.labels).toEqual(['a', 'b']);
    expect(corpus.unseen).toEqual(['new', 'other']);
    expect(idsOf(corpus.valid!.examples.outputs)).toEqual([[0], [-1], [1], [-2], [-1]]);
    expect(corpus.remarks).toMatchObject([{ about: 'labels', warning: true, count: 3 }]);
    expect(corpus.remarks[0].text).toMatch(/occur 3 times: new, other; what has one counts as an error/);
    // A batch has no target there.
    const { batch } = exampleBatches('classify', corpus.valid!.examples, { batchSize: 5, seed: 0 });
    expect([...batch(0).targets].sort()).toEqual([-1, -1, -1, 0, 1]);
  });
});

describe('a file that is no examples', () => {
  const PRETOKENIZED = { tokenizer: { kind: 'word', pretokenized: true } } as const;
  it.each<[ExampleTask, string, RegExp, Partial<ExampleOptions>?]>([
    ['classify', 'a\tb\nab\n', /tsv, line 2, has no tab between label and text: write label<TAB>text/],
    ['classify', 'a\tb\n\na\t \n', /tsv, line 3, has a label without a text/],
    ['classify', '\tb\n', /tsv, line 1, has a text without a label/],
    ['classify', 'a\tb\tc\n', /tsv, line 1, has more than one tab/],
    ['classify', 'a\tb\na\tc\n', /All examples in .*tsv have the label a; give examples of two or more/],
    [
      'classify',
      'a\tb\r\nb\tabc\r\n',
      /tsv, line 2, has a text of 3 tokens, over the 2 of maxLength/,
      { maxLength: 2, strict: true },
    ],
    [
      'classify',
      'a\tb\nb\tc\nX\td\n',
      /tsv, line 3, has the label X, which training did not see: it saw a, b/,
      { labels: ['a', 'b'], strict: true },
    ],
    ['classify', 'a\tb\nb\t\u00a0\n', /tsv, line 2, has a label without a text/, PRETOKENIZED],
    ['classify', '\n\n', /tsv has no example; give more text\.$/],
    ['classify', 'a\tb', /validation text has no example/, { valSplit: 0.1 }],
    ['classify', 'a\tb\nb\tc', /valSplit is 1/, { valSplit: 1 }],
    ['tag', 'a\tX\nb\tY\n\nc\n', /tsv, line 4, has no tab between token and tag/],
    ['tag', 'a\tX\nb\t\n', /tsv, line 2, has a token without a tag: write token<TAB>tag/],
    ['tag', 'a\tX\n\tY\n', /tsv, line 2, has a tag without a token/],
    ['tag', 'a\tX\nb\tY\tZ\n', /tsv, line 2, has more than one tab/],
    ['tag', `a\tX\n${'b'.repeat(1025)}\tY\n`, /tsv, line 2, has a token .* over 1024 bytes/],
    [
      'tag',
      'a\tX\n\na\tX\nb\tX\nc\tY\n',
      /tsv, line 3, has a sentence of 3 tokens, over the 2 of/,
      { maxLength: 2, strict: true },
    ],
    [
      'tag',
      'a\tX\nb\tZ\n',
      /tsv, line 2, has the tag Z, which training did not see/,
      { labels: ['X', 'Y'], strict: true },
    ],
    ['tag', 'a\tX\nb\tZ\n', /tsv, line 1, has the tag X, which training did not see: it saw Y/, { labels: ['Y'] }],
    ['tag', 'a\tX\nb\tX\n', /All examples in .*tsv have the tag X/],
    ['tag', '\n', /tsv has no example; give more text\.$/],
    ['translate', 'a\tb\nb\n', /tsv, line 2, has no tab between source and target/],
    ['translate', 'a\tb\nb\t\n', /tsv, line 2, has a source without a target/],
    ['translate', 'a\tb\n\tb\n', /tsv, line 2, has a target without a source/],
    ['translate', 'a\tb\tc\n', /tsv, line 1, has more than one tab/],
    ['translate', 'abc\ta\n', /tsv, line 1, has a source of 3 tokens, over the 2/, { maxLength: 2, strict: true }],
    ['translate', 'a\tabc\n', /tsv, line 1, has a target of 3 tokens, over the 2/, { maxLength: 2, strict: true }],
    ['translate', '\n', /tsv has no example; give more text\.$/],
  ])('is refused for %s: %j', async (task, content, message, more) => {
    await expect(read(content, task, more)).rejects.toThrow(InputError);
    await expect(read(content, task, more)).rejects.toThrow(message);
  });

  it('is refused for a label that only the validation part has, if strict', async () => {
    const valid = file('a\tx\nnew\ty\n', 'valid.tsv');
    const reading = read('a\tx\nb\ty\n', 'classify', { valid: [valid], strict: true });
    await expect(reading).rejects.toThrow(InputError);
    await expect(reading).rejects.toThrow(
      /valid\.tsv, line 2, has the label new, which training did not see: it saw a, b/,
    );
  });

  it('is refused for a validation file without examples', async () => {
    await expect(read('a\tx\nb\ty\n', 'classify', { valid: [file('\n')] })).rejects.toThrow(
      /validation text has no example/,
    );
  });

  it('is refused for a folder of classes whose files are not a class each', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, 'a.txt'), 'x\n');
    fs.writeFileSync(path.join(folder, 'a.md'), 'y\n');
    await expect(readExamples([folder], options('classify'))).rejects.toThrow(
      /a\.md and .*a\.txt would both be the label a:/,
    );
    fs.rmSync(path.join(folder, 'a.md'));
    fs.mkdirSync(path.join(folder, 'more'));
    fs.writeFileSync(path.join(folder, 'more', 'b.txt'), 'y\n');
    await expect(readExamples([folder], options('classify'))).rejects.toThrow(/b\.txt is not in .* itself/);
  });

  it('is refused for a tab in a folder of classes', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, 'a.txt'), 'x\nA\tx\n');
    const reading = readExamples([folder], options('classify'));
    await expect(reading).rejects.toThrow(InputError);
    await expect(reading).rejects.toThrow(/a\.txt, line 2, has a tab, but in a folder/);
  });

  it('is refused where it is not UTF-8, unless that is allowed', async () => {
    const at = path.join(temporaryFolder(), 'latin1.tsv');
    fs.writeFileSync(at, Buffer.from('a\tx\nb\t\xe9\n', 'latin1'));
    await expect(readExamples([at], options('classify'))).rejects.toThrow(/not UTF-8 at byte 6/);
    const corpus = await readExamples([at], options('classify', { lossy: true }));
    expect(classified(corpus, corpus.train)[1]).toEqual(['\ufffd', 'b']);
    corpus.close();
  });
});
