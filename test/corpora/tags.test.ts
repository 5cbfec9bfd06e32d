/** That the committed tagged sentences are what their program writes, and are tagged throughout. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateTags, taggedCount, taggedSeed, tagSentence } from '../../corpora/tags.ts';

const shipped = (name: string) => readFileSync(new URL(`../../corpora/${name}`, import.meta.url), 'utf8');

describe('tags.tsv', () => {
  const text = shipped('tags.tsv');
  const sentences = text
    .trimEnd()
    .split('\n\n')
    .map((sentence) => sentence.split('\n').map((line) => line.split('\t')));

  it('is what the program writes', () => {
    expect(text === generateTags(taggedSeed)).toBe(true);
  });

  it('has a tag for each word of each sentence', () => {
    expect(text).toMatch(/^(([a-z]+\t[A-Z]+\n)+\.\tPUNCT\n\n?)+$/);
    expect(sentences).toHaveLength(taggedCount);
    const tags = new Set(sentences.flat().map(([, tag]) => tag));
    expect([...tags].sort()).toEqual(['ADJ', 'ADP', 'ADV', 'AUX', 'DET', 'NOUN', 'PRON', 'PUNCT', 'VERB']);
  });

  it('has the words of agreement.txt in other sentences, but for a few short ones', () => {
    const known = new Set(shipped('agreement.txt').trimEnd().split('\n'));
    const words = new Set([...known].flatMap((sentence) => sentence.split(' ')));
    const ours = sentences.map((sentence) => sentence.map(([word]) => word));
    expect(ours.flat().filter((word) => !words.has(word))).toEqual([]);
    expect(ours.filter((sentence) => known.has(sentence.join(' '))).length).toBeLessThan(50);
  });

  it('tells the two uses of a word by what stands before it', () => {
    const tagOf = (sentence: string) => tagSentence(sentence).find(([word]) => word === 'lost')?.[1];
    expect(tagOf('the keys are lost .')).toBe('ADJ');
    expect(tagOf('the chef who lost the keys runs .')).toBe('VERB');
  });
});
