/** `tokenizer.json`: the same ids as Hugging Face's library, and no harm from a damaged file. */

import fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import {
  createTokenizer,
  labelToken,
  parseTokenizer,
  SPECIAL_TOKENS,
  type TokenizerOptions,
} from '../../../src/text/index.ts';

interface Case {
  tokenizer: object;
  text: string;
  ids: number[];
  decoded: string;
}

const cases: Case[] = JSON.parse(fs.readFileSync(new URL('../../fixtures/tokenizers.json', import.meta.url), 'utf8'));

const CHAR: TokenizerOptions = { kind: 'char', pretokenized: false, lowercase: false, normalizeNewlines: false };
const written = (tokens: string[], options = CHAR): string =>
  JSON.stringify(createTokenizer([...SPECIAL_TOKENS, ...tokens], options));

describe('the tokenizers library', () => {
  it.each(cases)('gives the same ids and text, case %#', ({ tokenizer: json, text, ids, decoded }) => {
    const tokenizer = parseTokenizer(json, 'fixture');
    expect(tokenizer.encode(text)).toEqual(ids);
    // The library joins pre-tokenized words by spaces alone.
    const plain = (text: string): string => (tokenizer.options.pretokenized ? text.trim().replace(/\s+/g, ' ') : text);
    expect(plain(tokenizer.decode(ids))).toBe(plain(decoded));
  });

  it.each(cases)('gets the same file again, case %#', ({ tokenizer: json }) => {
    expect(JSON.parse(JSON.stringify(parseTokenizer(json, 'fixture')))).toEqual(json);
  });
});

describe('a written tokenizer', () => {
  const kinds = [{ kind: 'char' }, { kind: 'word' }, { kind: 'word', pretokenized: true }] as const;
  const forms = kinds.flatMap((kind) =>
    [false, true].flatMap((lowercase) =>
      [false, true].map((normalizeNewlines) => ({ ...CHAR, ...kind, lowercase, normalizeNewlines })),
    ),
  );

  it.each(forms)('is read with its options: %j', (options) => {
    const tokenizer = parseTokenizer(JSON.parse(written(['b', 'a', '7'], options)), 'x');
    expect(tokenizer.options).toEqual(options);
    expect(tokenizer.vocabulary).toEqual([...SPECIAL_TOKENS, 'b', 'a', '7']);
  });

  it('may hold names that objects have of their own', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const tokenizer = parseTokenizer(JSON.parse(written(names, { ...CHAR, kind: 'word' })), 'x');
    expect(tokenizer.vocabulary.slice(4)).toEqual(names);
    expect(tokenizer.encode('__proto__ toString valueOf')).toEqual([4, 6, 0]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('a tokenizer with labels', () => {
  const labels = ['Old Norse', '<x>', 'é'];
  const vocabulary = [...SPECIAL_TOKENS, 'b', 'a', ...labels.map(labelToken)];

  it.each(['char', 'word'] as const)('of the kind %s is read back', (kind) => {
    const tokenizer = createTokenizer(vocabulary, { ...CHAR, kind }, labels);
    const again = parseTokenizer(JSON.parse(JSON.stringify(tokenizer)), 'x');
    expect(again.labels).toEqual(labels);
    expect(again.vocabulary).toEqual(vocabulary);
    expect(JSON.stringify(again)).toBe(JSON.stringify(tokenizer));
  });

  it('never makes one of a text, and leaves them out of texts', () => {
    const tokenizer = createTokenizer(vocabulary, { ...CHAR, kind: 'word', pretokenized: true }, labels);
    expect(tokenizer.encode('a <label:é> b')).toEqual([5, 0, 4]);
    expect(tokenizer.decode([6, 5, 4])).toBe('a b');
    expect(tokenizer.decode([6, 5, 4], true)).toBe('<label:Old Norse> a b');
  });
});

describe('a damaged tokenizer.json', () => {
  const parse = (json: unknown) => () => parseTokenizer(json, 'runs/x/tokenizer.json');
  type Json = ReturnType<typeof JSON.parse>;
  const damage = (change: (json: Json) => void): Json => {
    const json = JSON.parse(written(['a', 'b']));
    change(json);
    return json;
  };

  it.each<[string, (json: Json) => void, RegExp]>([
    ['no model', (json) => delete json.model, /: model is not an object/],
    ['another model', (json) => Object.assign(json.model, { type: 'BPE' }), /: model\.type/],
    ['another <unk>', (json) => Object.assign(json.model, { unk_token: 'a' }), /: model\.unk_token/],
    ['a list for a vocabulary', (json) => Object.assign(json.model, { vocab: ['a'] }), /: model\.vocab is not/],
    ['a repeated id', (json) => Object.assign(json.model.vocab, { b: 4 }), /: model\.vocab\["b"\] has the id 4 of/],
    ['a gap', (json) => Object.assign(json.model.vocab, { b: 6 }), /: model\.vocab\["b"\] is not an id from 0 to 5/],
    ['a fraction', (json) => Object.assign(json.model.vocab, { b: 4.5 }), /: model\.vocab\["b"\] is not an id/],
    ['a string', (json) => Object.assign(json.model.vocab, { b: '5' }), /: model\.vocab\["b"\] is not an id/],
    ['specials elsewhere', (json) => Object.assign(json.model.vocab, { '<unk>': 4, a: 0 }), /"<unk>"\] does not have/],
    ['a token of two', (json) => Object.assign(json.model.vocab, { ab: 6 }), /: model\.vocab\["ab"\] is not a token/],
    ['an empty token', (json) => Object.assign(json.model.vocab, { '': 6 }), /: model\.vocab\[""\] is not a token/],
    ['half a character', (json) => Object.assign(json.model.vocab, { '\ud83d': 6 }), /is not a token/],
    ['no added tokens', (json) => delete json.added_tokens, /: added_tokens/],
    ['another version', (json) => Object.assign(json, { version: '2.0' }), /: version/],
    ['another cut', (json) => Object.assign(json.pre_tokenizer, { behavior: 'Removed' }), /: pre_tokenizer/],
    ['another normalizer', (json) => Object.assign(json, { normalizer: { type: 'NFC' } }), /: pre_tokenizer and/],
  ])('with %s is refused', (_, change, message) => {
    expect(parse(damage(change))).toThrow(InputError);
    expect(parse(damage(change))).toThrow(message);
    expect(parse(damage(change))).toThrow('runs/x/tokenizer.json');
  });

  const added = (...tokens: string[]) => {
    const options = { ...CHAR, kind: 'word', pretokenized: true } as const;
    const json = JSON.parse(written(['a', ...tokens], options));
    const [special] = json.added_tokens;
    for (const [i, content] of tokens.entries()) json.added_tokens.push({ ...special, id: 5 + i, content });
    return json;
  };

  it('with added tokens that are no labels, or not the last ones, is refused', () => {
    expect(parseTokenizer(added('<unk:x>', '<label:b>'), 'x').labels).toEqual(['b']);
    for (const token of ['b', '<label:>', '<label: >', '<label:a\tb>', '<unk:y>']) {
      expect(parse(added(token))).toThrow(/: added_tokens has ".*", which is no label/);
    }
    expect(parse(added('<label:b>', '<unk:x>'))).toThrow(/: added_tokens has/);
    const swapped = added('<label:a>', '<label:b>');
    swapped.added_tokens.splice(4, 2, swapped.added_tokens[5], swapped.added_tokens[4]);
    expect(parse(swapped)).toThrow(/: added_tokens is not what/);
    const missing = added('<label:a>', 'b');
    missing.added_tokens.pop();
    expect(parse(missing)).toThrow(/: added_tokens is not what/);
    const all = added('<label:a>');
    all.added_tokens.push(...all.added_tokens, ...all.added_tokens);
    expect(parse(all)).toThrow(/: added_tokens is not what/);
  });

  it('with signatures of words among characters is refused', () => {
    const json = added('<unk:x>');
    Object.assign(json, { pre_tokenizer: JSON.parse(written(['a'])).pre_tokenizer, normalizer: null });
    Object.assign(json, { decoder: JSON.parse(written(['a'])).decoder });
    expect(parse(json)).toThrow(/: added_tokens has signatures/);
  });

  it.each([[null], [3], ['text'], [[]], [{}]])('that is %j is refused', (json) => {
    expect(parse(json)).toThrow(InputError);
  });

  it('with upper case in a lower-case vocabulary is refused', () => {
    expect(parse(JSON.parse(written(['A'], { ...CHAR, lowercase: true })))).toThrow(InputError);
  });

  it('is refused or read to a whole tokenizer, whatever byte is changed', () => {
    const bytes = Buffer.from(written(['a', 'é', '🙂'], { ...CHAR, lowercase: true }));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(bytes);
        damaged[at] ^= flip;
        let json: unknown;
        try {
          json = JSON.parse(damaged.toString());
        } catch {
          return;
        }
        try {
          const { vocabulary, options } = parseTokenizer(json, 'x');
          expect(options).toEqual({ ...CHAR, lowercase: true });
          expect(vocabulary).toHaveLength(7);
          for (const token of vocabulary.slice(4)) expect([...token]).toHaveLength(1);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
