/** What holds for tokenizers of every kind. */

import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTokenizer, readCorpus, type TokenizerOptions, tokenizerNames } from '../../../src/text/index.ts';
import { roomFor } from '../../../src/text/tokens/scanner.ts';
import { createScanner, schemeOf, tokenizerForms } from '../../../src/text/tokens/schemes.ts';
import { temporaryFolder } from '../../temporary.ts';
import { prose, tokenizerOf, unicode } from './texts.ts';

const forms: TokenizerOptions[] = tokenizerForms().flatMap((form) =>
  [false, true].flatMap((lowercase) =>
    [false, true].map((normalizeNewlines) => ({ ...form, lowercase, normalizeNewlines })),
  ),
);
const lineEnds = ({ normalizeNewlines }: TokenizerOptions) => (normalizeNewlines ? 'normalize' : 'keep');

it('there are several kinds, by name', () => {
  expect(tokenizerNames.slice(0, 2)).toEqual(['char', 'word']);
  expect(() => schemeOf({ kind: 'char', pretokenized: true })).toThrow(/no pre-tokenized characters/);
});

describe.each(forms)('%j', (options) => {
  it('gives the same ids wherever the pieces of a file are cut, within the room that it asks for', () => {
    const scan = (pieces: string[]): [number[], string[]] => {
      const types = createScanner(options, lineEnds(options));
      const ids: number[] = [];
      for (const piece of pieces) {
        const bytes = Buffer.from(piece);
        const out = roomFor(types, bytes.length, new Int32Array(0));
        const count = types.scan(bytes, out);
        expect(count).toBeLessThanOrEqual(out.length);
        ids.push(...out.subarray(0, count));
      }
      const out = new Int32Array(4);
      ids.push(...out.subarray(0, types.finish(out)));
      return [ids, Array.from({ length: types.size() - 4 }, (_, i) => types.text(i + 4))];
    };
    fc.assert(
      fc.property(fc.oneof(prose, unicode), (text) => {
        expect(scan([...text])).toEqual(scan([text]));
      }),
    );
  });

  it('encodes to as many tokens as a scanner finds', () => {
    fc.assert(
      fc.property(prose, prose, (text, other) => {
        fc.pre(text.trim() !== '');
        const tokenizer = tokenizerOf(text, options);
        const types = createScanner(options, lineEnds(options));
        const bytes = Buffer.from(other);
        const out = roomFor(types, bytes.length, new Int32Array(0));
        const count = types.scan(bytes, out);
        const all = count + types.finish(out.subarray(count));
        expect(tokenizer.encode(other)).toHaveLength(all);
        for (const id of tokenizer.encode(other)) expect(id).toBeLessThan(tokenizer.vocabulary.length);
      }),
    );
  });

  it('decodes piece by piece to the text of all', () => {
    fc.assert(
      fc.property(prose, fc.array(fc.nat()), fc.boolean(), (text, numbers, special) => {
        fc.pre(text.trim() !== '');
        const tokenizer = tokenizerOf(text, options);
        const ids = numbers.map((number) => number % tokenizer.vocabulary.length);
        const piece = tokenizer.streamDecoder(special);
        expect(ids.map(piece).join('') + piece()).toBe(tokenizer.decode(ids, special));
      }),
    );
  });

  it('comes back from its tokenizer.json', () => {
    const tokenizer = tokenizerOf('a 7 b, é 🙂\r\n', options);
    const again = parseTokenizer(JSON.parse(JSON.stringify(tokenizer)), 'tokenizer.json');
    expect(again.options).toEqual(options);
    expect(again.vocabulary).toEqual(tokenizer.vocabulary);
    expect(JSON.stringify(again)).toBe(JSON.stringify(tokenizer));
  });

  it('puts fillings between the parts of a text', () => {
    const tokenizer = tokenizerOf('so the old king, said', options);
    const parts = ['so the ', ' king, said'];
    const [left, right] = tokenizer.encodeAround(parts);
    const whole = tokenizer.decode([...left, ...tokenizer.encode('old'), ...right]);
    expect(whole).toBe('so the old king, said');
    const [before, behind] = tokenizer.spaceAround(parts, ['old']);
    expect(`${before}old${behind}`).toBe('so the old king, said');
  });

  it('counts the characters of a text', async () => {
    const text = 'Hé said "Ω": 語 🙂 so be it\nand so on\n';
    const file = path.join(temporaryFolder(), 'text.txt');
    fs.writeFileSync(file, text.repeat(20));
    const { train, valid, close } = await readCorpus([file], { format: 'stream', tokenizer: options, valSplit: 0.5 });
    expect(train.statistics.characters + valid!.statistics.characters).toBe([...text].length * 20);
    close();
  });
});
