/** Signatures of words: what they show, which become tokens, and what unknown words then are. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenizer, parseTokenizer, SPECIAL_TOKENS, UNK } from '../../../src/text/index.ts';
import { chooseSignatures, isSignature, signaturesOf } from '../../../src/text/tokens/shapes.ts';

const TAGGER = {
  kind: 'word',
  pretokenized: true,
  lowercase: false,
  normalizeNewlines: false,
  unknownShapes: true,
} as const;

describe('the signatures of a word', () => {
  it.each([
    ['walking', ['x-ing', 'x-ng', 'x']],
    ['Berlin', ['Xx-lin', 'Xx-in', 'Xx']],
    ['NASA', ['XX-asa', 'XX-sa', 'XX']],
    ['iPhone', ['xX-one', 'xX-ne', 'xX']],
    ['I', ['Xx']],
    ['cat', ['x-at', 'x']],
    ['1984', ['.0', '.']],
    ['--', ['.-', '.']],
    ['22-year', ['x0--ear', 'x0--ar', 'x0-', 'x0', 'x']],
    ['F-16', ['Xx0-', 'Xx0', 'Xx']],
    ['Élan', ['Xx-lan', 'Xx-an', 'Xx']],
    ['x.com', ['x-com', 'x-om', 'x']],
    ['日本語', ['x-本語', 'x']],
  ])('%s go from specific to general', (word, bodies) => {
    expect(signaturesOf(word)).toEqual(bodies.map((body) => `<unk:${body}>`));
  });

  it('are signatures, whatever the word', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 0x10ffff }), { minLength: 1 }), (codePoints) => {
        const word = String.fromCodePoint(...codePoints);
        expect(signaturesOf(word).filter((signature) => !isSignature(signature))).toEqual([]);
      }),
    );
    for (const token of ['<unk>', '<unk:>', '<unk:y>', '<unk:x-ingo>', '<unk:x-i>', 'a<unk:x>', '<label:x>']) {
      expect(isSignature(token)).toBe(false);
    }
  });

  it('become tokens where enough rare words share them, the others going to more general ones', () => {
    const words = 'sing ring king wing ding bell tell sell well cash dash gash lash mash 12'.split(' ');
    const chosen = chooseSignatures(new Map(words.map((word) => [word, 1])));
    expect(chosen).toEqual(['<unk:x-ash>', '<unk:x-ing>']);
    const more = chooseSignatures(new Map([...words, 'fell'].map((word) => [word, 1])));
    expect(more).toEqual(['<unk:x-ash>', '<unk:x-ell>', '<unk:x-ing>']);
    expect(chooseSignatures(new Map(['ab', 'cd', 'ef', 'gh', 'ij'].map((word) => [word, 1])))).toEqual(['<unk:x>']);
    expect(chooseSignatures(new Map())).toEqual([]);
  });
});

describe('a tokenizer with signatures', () => {
  const vocabulary = [...SPECIAL_TOKENS, 'the', 'Paris', '<unk:x-ing>', '<unk:Xx>'];
  const tokenizer = createTokenizer(vocabulary, TAGGER);

  it('gives unknown words their lower case, or the most specific one that it has', () => {
    expect(tokenizer.encode('the THE paris Singing singing 12')).toEqual([4, 4, UNK, 7, 6, UNK]);
  });

  it('leaves them out of decoded text as it does <unk>', () => {
    expect(tokenizer.decode([4, 6, 5, UNK])).toBe('the Paris');
    expect(tokenizer.decode([4, 6, 5, UNK], true)).toBe('the <unk:x-ing> Paris <unk>');
  });

  it('is read back from its file', () => {
    const again = parseTokenizer(JSON.parse(JSON.stringify(tokenizer)), 'x');
    expect(again.options).toEqual(TAGGER);
    expect(again.vocabulary).toEqual(vocabulary);
    expect(again.encode('singing')).toEqual([6]);
  });
});
