/** The drawing of a translation's attention, and the room that texts take. */

import { describe, expect, it } from 'vitest';
import { attentionLines, cut, padded, widest, widthOf } from '../../src/draw/index.ts';

describe('attentionLines', () => {
  it('has names along the top, standing on the drawing, and a shade for each weight', () => {
    const weights = [
      [0.9, 0.1, 0],
      [0, 0.5, 0.5],
    ];
    expect(attentionLines(['a', 'bcd', ' '], ['x', 'long'], weights, 80)).toEqual([
      '        b',
      '        c',
      '      a d ␣',
      'x     ██',
      'long    ▒▒▒▒',
    ]);
  });

  it('goes on below where the source is wider than the terminal', () => {
    const source = [...'abcde'];
    const lines = attentionLines(source, ['x'], [[1, 0, 1, 0, 1]], 7);
    expect(lines).toEqual(['   a b', 'x  ██', '', '   c d', 'x  ██', '', '   e', 'x  ██']);
  });

  it('keeps its columns under characters that are two wide', () => {
    const lines = attentionLines(
      ['你', 'a', '好'],
      ['日本', 'b'],
      [
        [0, 1, 0],
        [1, 0, 1],
      ],
      80,
    );
    expect(lines).toEqual(['      你a 好', '日本    ██', 'b     ██  ██']);
  });
});

describe('the width of a text', () => {
  it('counts columns of a terminal', () => {
    expect(['abc', 'e\u0301', '漢字', '👍', ''].map((text) => widthOf(text))).toEqual([3, 1, 4, 2, 0]);
    expect(widest(['abc', '漢字'])).toBe(4);
    expect(padded('漢', 4)).toBe('漢  ');
    expect(padded('abc', 2)).toBe('abc');
  });

  it('bounds a text that is cut', () => {
    expect(cut('abcd', 4)).toBe('abcd');
    expect(cut('abcde', 4)).toBe('abc…');
    expect(cut('漢字漢字', 6)).toBe('漢字…');
    expect(cut('漢字漢字', 7)).toBe('漢字漢…');
  });
});
