/** Bytes as tokens: any text comes back, whole characters come out, and every task but tagging reads them. */

import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { evaluate, fill, load, type SampledToken, sample, search, train } from '../../../src/index.ts';
import {
  createTokenizer,
  EOS,
  labelToken,
  parseTokenizer,
  readCorpus,
  SPECIAL_TOKENS,
  type TokenizerOptions,
  UNK,
} from '../../../src/text/index.ts';
import { byteScheme } from '../../../src/text/tokens/byte.ts';
import { temporaryFolder } from '../../temporary.ts';
import { tokenizerOf, unicode } from './texts.ts';

const BYTE: TokenizerOptions = { kind: 'byte', pretokenized: false, lowercase: false, normalizeNewlines: false };
const tokenizer = tokenizerOf('a', BYTE);
const idsOf = (bytes: Iterable<number>): number[] => Array.from(bytes, (byte) => byte + 4);

function file(text: string, name = 'text.txt'): string {
  const at = path.join(temporaryFolder(), name);
  fs.writeFileSync(at, text);
  return at;
}

describe('bytes', () => {
  it('give any text back', () => {
    fc.assert(
      fc.property(unicode, (text) => {
        expect(tokenizer.encode(text)).toEqual(idsOf(Buffer.from(text)));
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('are the same vocabulary for all texts, whatever its limits', async () => {
    const kind = 'byte';
    for (const text of ['ab', 'Ünïcödé русский 🙂']) {
      const corpus = await readCorpus([file(text)], {
        format: 'stream',
        tokenizer: { kind, minCount: 3, vocabSize: 9 },
      });
      expect(corpus.tokenizer.vocabulary).toEqual([...SPECIAL_TOKENS, ...byteScheme.tokens!]);
      expect(corpus.train.statistics.unknown).toBe(0);
      corpus.close();
    }
    expect(new Set(byteScheme.tokens).size).toBe(256);
    expect([0x21, 0x20, 0x0a, 0xad, 0xff].map((byte) => byteScheme.tokens![byte])).toEqual(['!', 'Ġ', 'Ċ', 'Ń', 'ÿ']);
  });

  it('count as the characters that they begin, and a line end as one', async () => {
    const text = 'Hé 🙂\r\n\nдом\rx';
    const tokenizer = { kind: 'byte' } as const;
    const stream = await readCorpus([file(text)], { format: 'stream', tokenizer });
    expect(stream.train.statistics).toEqual({
      characters: [...text].length,
      tokens: Buffer.byteLength(text),
      unknown: 0,
      spellingBits: 0,
    });
    const lines = await readCorpus([file(text)], { format: 'lines', tokenizer });
    expect(lines.train.statistics).toEqual({ characters: 8 + 3, tokens: 8 + 6 + 1 + 3, unknown: 0, spellingBits: 0 });
    const normalized = await readCorpus([file(text)], {
      format: 'stream',
      tokenizer: { ...tokenizer, normalizeNewlines: true },
    });
    expect(normalized.train.statistics.characters).toBe([...text].length - 1);
    for (const { close } of [stream, lines, normalized]) close();
  });

  it('are of the text in lower case, as characters are', () => {
    const lower = (kind: 'byte' | 'char', text: string): string => {
      const { encode, decode } = tokenizerOf(text, { ...BYTE, kind, lowercase: true });
      return decode(encode(text));
    };
    expect(lower('byte', 'İÀaΣȺÉK')).toBe('iàaσⱥék');
    fc.assert(
      fc.property(unicode, (text) => {
        expect(lower('byte', text)).toBe(lower('char', text));
      }),
    );
  });

  it('may grow in number in lower case', async () => {
    const text = 'Ⱥ'.repeat(100_000);
    const lines = `${text}\n`.repeat(3);
    const tokenizer = { kind: 'byte', lowercase: true } as const;
    for (const [format, content] of [
      ['stream', text],
      ['lines', lines],
      ['labelled', `a\t${text}\nb\tȾ\n`],
    ] as const) {
      const { train, close } = await readCorpus([file(content)], { format, tokenizer });
      expect(train.statistics.tokens).toBeGreaterThanOrEqual(300_000);
      close();
    }
  });
});

describe('bytes that come one by one', () => {
  it('give a character with its last', () => {
    const piece = tokenizer.streamDecoder();
    const pieces = tokenizer.encode('é🙂a').map((id) => piece(id));
    expect(pieces).toEqual(['', 'é', '', '', '', '🙂', 'a']);
    expect(piece()).toBe('');
  });

  it('give U+FFFD where they are no character, as files are read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xef, 0xbb, 0xbf))),
        (bytes) => {
          expect(tokenizer.decode(idsOf(bytes))).toBe(Buffer.from(bytes).toString());
        },
      ),
    );
    expect(tokenizer.decode(idsOf([0xd0]))).toBe('\ufffd');
    expect(tokenizer.decode(idsOf([0xef, 0xbb, 0xbf, 0x61]))).toBe('\ufeffa');
  });

  it('go on after a special token that is left out, and break off at one that is shown', () => {
    const [first, second] = tokenizer.encode('é');
    expect(tokenizer.decode([first, UNK, second])).toBe('é');
    expect(tokenizer.decode([first, UNK, second], true)).toBe('\ufffd<unk>\ufffd');
    const labelled = createTokenizer([...tokenizer.vocabulary, labelToken('x')], BYTE, ['x']);
    expect(labelled.decode([260, first, second, EOS])).toBe('é');
    expect(labelled.decode([260, first, second, EOS], true)).toBe('<label:x>é<eos>');
  });
});

describe('the tokenizer.json of bytes', () => {
  it('keeps labels', () => {
    const labelled = createTokenizer([...tokenizer.vocabulary, labelToken('x y')], BYTE, ['x y']);
    const again = parseTokenizer(JSON.parse(JSON.stringify(labelled)), 'x');
    expect([again.options, again.vocabulary, again.labels]).toEqual([BYTE, labelled.vocabulary, ['x y']]);
  });

  it('is refused with other tokens, or others in their places', () => {
    const damage = (from: string, to: string) => () =>
      parseTokenizer(JSON.parse(JSON.stringify(tokenizer).replace(from, to)), 'tokenizer.json');
    expect(damage('"Ġ":36', '"Ġ":37')).toThrow(InputError);
    expect(damage('"Ġ":36', '"語":36')).toThrow(/tokenizer.json is not .*: model.vocab does not have the 256 tokens/);
    expect(damage('"!":37,"\\"":38', '"\\"":37,"!":38')).toThrow(/model.vocab does not have the 256 tokens/);
    expect(damage('"use_regex":false', '"use_regex":true')).toThrow(/pre_tokenizer/);
  });
});

describe('a model of bytes', () => {
  const tiny = { tokenizer: 'byte', hidden: 8, layers: 1, batchSize: 4, steps: 3, threads: 1 } as const;
  const text = 'Жили-были дед и баба 🙂, ели кашу с молоком.\n'.repeat(40);
  const out = () => temporaryFolder();

  it('writes texts, and is measured by the character', async () => {
    for (const format of ['stream', 'lines'] as const) {
      const corpus = file(text);
      const { run } = await train({ ...tiny, files: [corpus], format, seqLength: 16, out: out() });
      const model = load(run);
      const drawn: SampledToken[] = [...sample(model, { seed: 1, length: 100, prompt: 'Жи' })];
      const ids = drawn.map(({ token }) => token);
      expect(drawn.map((token) => token.text).join('')).toBe(model.tokenizer.decode(ids));
      const [{ text: found, tokens }] = search(model, { width: 2, length: 20, prompt: 'Жи' });
      expect(found).toBe(model.tokenizer.decode(tokens));
      const measured = await evaluate(model, [corpus]);
      if (measured.task !== 'lm') throw new Error('not a language model');
      const { loss, bitsPerToken, bitsPerCharacter, tokens: count } = measured;
      expect(bitsPerToken).toBeCloseTo(loss / Math.LN2);
      const characters = [...text].length;
      const bytes = Buffer.byteLength(text);
      expect(count).toBe(format === 'stream' ? bytes - 1 : bytes);
      expect(bitsPerCharacter / bitsPerToken).toBeCloseTo(bytes / characters);
    }
  });

  it('fills blanks', async () => {
    const { run } = await train({ ...tiny, task: 'fill', files: [file(text)], seqLength: 16, out: out() });
    const [[{ text: filled, tokens }]] = fill(load(run), ['Жили-____ дед'], { length: 8 });
    expect(filled).toBe(`Жили-${tokenizer.decode(tokens[0])} дед`);
  });

  it('labels and translates, with words on the other side too', async () => {
    const pairs = file('дом\tone\nкот\ttwo\n'.repeat(20), 'pairs.tsv');
    const translated = await train({ ...tiny, task: 'translate', files: [pairs], targetTokenizer: 'word', out: out() });
    const { tokenizer, targetTokenizer } = load(translated.run);
    expect([tokenizer.kind, targetTokenizer!.kind]).toEqual(['byte', 'word']);
    const examples = file('да\tдом\nнет\tкот\n'.repeat(20), 'examples.tsv');
    const labelled = await train({ ...tiny, task: 'classify', files: [examples], out: out() });
    expect(load(labelled.run).labels).toEqual(['да', 'нет']);
    await expect(train({ ...tiny, task: 'tag', out: out() })).rejects.toThrow(InputError);
  });
});
