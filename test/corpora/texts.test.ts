/** That the hand-written texts keep the shape that their readers, and the samples of a model trained on them, count on. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const shipped = (name: string) => readFileSync(new URL(`../../corpora/${name}`, import.meta.url), 'utf8');

describe('tales.txt', () => {
  const text = shipped('tales.txt');
  const closing = 'So it was, and so the river tells it.';

  it('is ASCII of 60 characters, in paragraphs parted by one blank line', () => {
    expect(text).toMatch(/^[ -~\n]+$/);
    expect(new Set(text).size).toBe(60);
    expect(text).not.toMatch(/\n\n\n|\r| \n|\n | {2}|[^\n]$/);
  });

  it('tells each tale under its own title, from "Once," to the closing line', () => {
    const tales = text.slice(0, -1).split(`\n\n${closing}`);
    expect(tales.pop()).toBe('');
    const titles = tales.map((tale) => {
      const [title, opening] = tale.trimStart().split('\n\n');
      expect(title).toMatch(/^[A-Z][A-Za-z' -]+$/);
      expect(opening).toMatch(/^Once, /);
      return title;
    });
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('closes each quotation in its paragraph', () => {
    const open = text.split('\n').filter((paragraph) => paragraph.split('"').length % 2 === 0);
    expect(open).toEqual([]);
  });
});

describe('names.txt', () => {
  it('is 600 different names, one a line', () => {
    const text = shipped('names.txt');
    expect(text).toMatch(/^([A-Z][a-z]+\n)+$/);
    expect(new Set(text.trimEnd().split('\n')).size).toBe(600);
  });
});

describe('names.tsv', () => {
  it('is the names of names.txt in order, a hundred of each style', () => {
    const lines = shipped('names.tsv').trimEnd().split('\n');
    const pairs = lines.map((line) => line.split('\t'));
    expect(pairs.map(([, name]) => `${name}\n`).join('')).toBe(shipped('names.txt'));
    const styles = ['Fjord', 'Forest', 'Burrow', 'Harbor', 'Steppe', 'Island'];
    expect(pairs.map(([style]) => style)).toEqual(styles.flatMap((style) => Array(100).fill(style)));
  });
});
