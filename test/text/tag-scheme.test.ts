/** Schemes of tags: which there is in some sentences, and what may follow what. */

import { describe, expect, it } from 'vitest';
import { createTokenStore } from '../../src/text/read/token-store.ts';
import {
  findTagScheme,
  impossibleTransitions,
  mayFollow,
  readTag,
  type TagSchemeName,
  tagScheme,
} from '../../src/text/tag-scheme.ts';
import type { Documents } from '../../src/text/types.ts';

/** Sentences of tags, written with spaces, and their tags by id. */
function read(...sentences: string[]): { tags: string[]; documents: Documents } {
  const all = sentences.map((sentence) => sentence.split(' '));
  const tags = [...new Set(all.flat())];
  const tokens = createTokenStore();
  const ids = all.flat().map((tag) => tags.indexOf(tag));
  tokens.append(Int32Array.from(ids), ids.length, tags.length);
  const lengths = Uint32Array.from(all, ({ length }) => length);
  const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, length) => sum + length, 0));
  return { tags, documents: { tokens, starts, lengths } };
}

function find(given: TagSchemeName | 'none' | null, ...sentences: string[]) {
  const { tags, documents } = read(...sentences);
  return findTagScheme(tags, documents, given);
}

describe('the scheme of some sentences', () => {
  it.each([
    ['bio', ['B-X I-X O', 'B-X B-X I-X']],
    ['bio', ['B-X O', 'O B-Y']],
    ['iob1', ['I-X I-X O', 'I-X B-X I-X I-Y']],
    ['iob1', ['I-X O', 'I-Y I-Y']],
    ['iobes', ['B-X I-X E-X S-X', 'O S-Y']],
    ['iobes', ['S-X O']],
    ['bilou', ['B-X I-X L-X U-X', 'O U-Y']],
    ['none', ['DET NOUN VERB']],
    ['none', ['O O', 'O']],
    ['none', ['B-X I-X X-Y']],
    ['none', ['B- O']],
    ['none', ['BX O']],
  ] as const)('is %s: %j', (scheme, sentences) => {
    expect(find(null, ...sentences)).toEqual({ scheme, broken: 0 });
  });

  it('is that which the fewest break, if few do', () => {
    const good = new Array<string>(19).fill('B-X I-X O');
    expect(find(null, ...good, 'O I-X')).toEqual({ scheme: 'bio', broken: 1 });
    expect(find(null, ...good, 'O I-X', 'I-X', 'B-X O')).toEqual({ scheme: 'bio', broken: 2 });
    expect(find(null, ...good, 'O I-X', 'I-X', 'I-X I-X')).toEqual({ scheme: 'none', broken: 3 });
  });

  it('is the one that is given, however many break it', () => {
    expect(find('bio', 'I-X I-X O', 'B-X')).toEqual({ scheme: 'bio', broken: 1 });
    expect(find('none', 'B-X I-X O', 'B-X')).toEqual({ scheme: 'none', broken: 0 });
    expect(() => find('iobes', 'B-X I-X O')).toThrow(
      'tagScheme: "iobes" has no such tags as B-X, I-X, O: leave it out.',
    );
  });
});

describe('what may follow what', () => {
  /** Sentences of up to four tags that keep a scheme's rule. */
  function kept(name: TagSchemeName, tags: string[]): string[] {
    const impossible = impossibleTransitions(tags, name)!;
    const K = tags.length;
    const found: string[] = [];
    const goOn = (path: number[]): void => {
      const last = path.at(-1) ?? K;
      if (path.length > 0 && impossible[last * (K + 1) + K] === 0) found.push(path.map((id) => tags[id]).join(' '));
      if (path.length === 4) return;
      for (let id = 0; id < K; id++) if (impossible[last * (K + 1) + id] === 0) goOn([...path, id]);
    };
    goOn([]);
    return found;
  }

  it('is said of a tag by the grammar of its scheme', () => {
    const types = ['X', 'Y'];
    const entity = (pattern: (type: string) => string): string => types.map(pattern).join('|');
    const rules: { name: TagSchemeName; letters: string; grammar: string }[] = [
      { name: 'bio', letters: 'BI', grammar: `(?:(?:O|${entity((x) => `B-${x}(?: I-${x})*`)})(?: |$))+` },
      {
        name: 'iobes',
        letters: 'BIES',
        grammar: `(?:(?:O|${entity((x) => `S-${x}|B-${x}(?: I-${x})* E-${x}`)})(?: |$))+`,
      },
      {
        name: 'bilou',
        letters: 'BILU',
        grammar: `(?:(?:O|${entity((x) => `U-${x}|B-${x}(?: I-${x})* L-${x}`)})(?: |$))+`,
      },
      {
        name: 'iob1',
        letters: 'BI',
        grammar: `(?:(?:O|${entity((x) => `I-${x}(?: [BI]-${x})*`)})(?: |$))+`,
      },
    ];
    for (const { name, letters, grammar } of rules) {
      const tags = ['O', ...types.flatMap((type) => [...letters].map((letter) => `${letter}-${type}`))];
      const K = tags.length;
      const all: string[] = [];
      for (let length = 1; length <= 4; length++) {
        for (let n = 0; n < K ** length; n++) {
          all.push(Array.from({ length }, (_, t) => tags[Math.floor(n / K ** t) % K]).join(' '));
        }
      }
      const rule = new RegExp(`^${grammar}$`);
      expect(kept(name, tags).sort()).toEqual(all.filter((sentence) => rule.test(sentence)).sort());
    }
  });

  it('is everything without a scheme', () => {
    expect(impossibleTransitions(['A', 'B'], 'none')).toBeUndefined();
    expect(impossibleTransitions(['A', 'B'], null)).toBeUndefined();
  });
});

describe('a set of tags', () => {
  it.each<[string, TagSchemeName | undefined]>([
    ['O B-PER I-PER', 'bio'],
    ['B-PER I-PER B-LOC', 'bio'],
    ['O I-PER I-LOC B-LOC', 'iob1'],
    ['O I-PER', 'iob1'],
    ['O S-PER B-ORG E-ORG', 'iobes'],
    ['O B-X I-X E-X S-X', 'iobes'],
    ['B M E S', 'iobes'],
    ['O U-PER B-ORG L-ORG I-ORG', 'bilou'],
    ['O B_PER I_PER', 'bio'],
    ['O', undefined],
    ['NOUN O', undefined],
    ['B- O', undefined],
    ['BX O', undefined],
    ['o B-X', undefined],
    ['DET NOUN VERB', undefined],
  ])('%s is of %s', (tags, scheme) => expect(tagScheme(tags.split(' '))).toBe(scheme));
});

describe('a tag', () => {
  const allowed = (scheme: TagSchemeName, tags: string): string[] => {
    const all = tags.split(' ');
    return all.flatMap((before) =>
      all.filter((tag) => mayFollow(scheme, readTag(before)!, readTag(tag)!)).map((tag) => `${before} ${tag}`),
    );
  };

  it('may follow others by the rules of its scheme', () => {
    expect(allowed('iob1', 'O I-X B-X')).toEqual('O O,O I-X,I-X O,I-X I-X,I-X B-X,B-X O,B-X I-X,B-X B-X'.split(','));
    expect(allowed('bio', 'O B-X I-X')).toEqual('O O,O B-X,B-X O,B-X B-X,B-X I-X,I-X O,I-X B-X,I-X I-X'.split(','));
    const ends = 'O O,O B-X,O S-X,B-X I-X,B-X E-X,I-X I-X,I-X E-X,E-X O,E-X B-X,E-X S-X,S-X O,S-X B-X,S-X S-X';
    expect(allowed('iobes', 'O B-X I-X E-X S-X')).toEqual(ends.split(','));
    const written = ends.replaceAll('E-', 'L-').replaceAll('S-', 'U-');
    expect(allowed('bilou', 'O B-X I-X L-X U-X')).toEqual(written.split(','));
    expect(allowed('bio', 'B-X I-Y')).toEqual(['B-X B-X', 'I-Y B-X', 'I-Y I-Y']);
  });
});
