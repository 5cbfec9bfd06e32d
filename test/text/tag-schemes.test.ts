/** Schemes of tags: which one a set of tags is of, and which tags may stand side by side. */

import { describe, expect, it } from 'vitest';
import { mayFollow, readTag, type TagScheme, tagScheme } from '../../src/text/index.ts';

describe('a set of tags', () => {
  it.each<[string, TagScheme | undefined]>([
    ['O B-PER I-PER', 'BIO'],
    ['B-PER I-PER B-LOC', 'BIO'],
    ['O I-PER I-LOC B-LOC', 'IOB1'],
    ['O I-PER', 'IOB1'],
    ['O S-PER B-ORG E-ORG', 'IOBES'],
    ['O B-X I-X E-X S-X', 'IOBES'],
    ['B M E S', 'IOBES'],
    ['O U-PER B-ORG L-ORG I-ORG', 'BILOU'],
    ['O B_PER I_PER', 'BIO'],
    ['O', undefined],
    ['NOUN O', undefined],
    ['B- O', undefined],
    ['BX O', undefined],
    ['o B-X', undefined],
    ['DET NOUN VERB', undefined],
  ])('%s is of %s', (tags, scheme) => expect(tagScheme(tags.split(' '))).toBe(scheme));
});

describe('a tag', () => {
  const allowed = (scheme: TagScheme, tags: string): string[] => {
    const all = tags.split(' ');
    return all.flatMap((before) =>
      all.filter((tag) => mayFollow(scheme, readTag(before)!, readTag(tag)!)).map((tag) => `${before} ${tag}`),
    );
  };

  it('may follow others by the rules of its scheme', () => {
    expect(allowed('IOB1', 'O I-X B-X')).toEqual('O O,O I-X,I-X O,I-X I-X,I-X B-X,B-X O,B-X I-X,B-X B-X'.split(','));
    expect(allowed('BIO', 'O B-X I-X')).toEqual('O O,O B-X,B-X O,B-X B-X,B-X I-X,I-X O,I-X B-X,I-X I-X'.split(','));
    const ends = 'O O,O B-X,O S-X,B-X I-X,B-X E-X,I-X I-X,I-X E-X,E-X O,E-X B-X,E-X S-X,S-X O,S-X B-X,S-X S-X';
    expect(allowed('IOBES', 'O B-X I-X E-X S-X')).toEqual(ends.split(','));
    const written = ends.replaceAll('E-', 'L-').replaceAll('S-', 'U-');
    expect(allowed('BILOU', 'O B-X I-X L-X U-X')).toEqual(written.split(','));
    expect(allowed('BIO', 'B-X I-Y')).toEqual(['B-X B-X', 'I-Y B-X', 'I-Y I-Y']);
  });
});
