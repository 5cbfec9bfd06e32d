/** Measures against values worked out by hand. */

import { describe, expect, it } from 'vitest';
import { classificationMeasures } from '../../src/measure/classes.ts';
import { entitiesOf, entityF1 } from '../../src/measure/entities.ts';
import { editDistance } from '../../src/text/edit-distance.ts';

describe('classificationMeasures', () => {
  it('counts by hand', () => {
    //            a a a b b c
    const right = [0, 0, 0, 1, 1, 2];
    const given = [0, 0, 1, 1, 0, 1];
    const { accuracy, macroF1, perClass, confusion } = classificationMeasures(['a', 'b', 'c'], right, given);
    expect(accuracy).toBe(0.5);
    expect(confusion).toEqual([
      [2, 1, 0],
      [1, 1, 0],
      [0, 1, 0],
    ]);
    expect(perClass[0]).toEqual({ label: 'a', precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 });
    expect(perClass[1]).toEqual({ label: 'b', precision: 1 / 3, recall: 1 / 2, f1: 0.4, support: 2 });
    expect(perClass[2]).toEqual({ label: 'c', precision: 0, recall: 0, f1: 0, support: 1 });
    expect(macroF1).toBeCloseTo((2 / 3 + 0.4 + 0) / 3, 12);
  });

  it('leaves labels out of the mean that neither occur nor were given', () => {
    const { macroF1, perClass } = classificationMeasures(['a', 'b', 'c'], [0, 0], [0, 1]);
    expect(perClass.map(({ f1 }) => f1)).toEqual([2 / 3, 0, 0]);
    expect(macroF1).toBeCloseTo(1 / 3, 12);
  });
});

describe('entities', () => {
  it('begin at B, and at I after another type or none', () => {
    expect(entitiesOf('B-X I-X O B-X B-X I-Y I-Y O I-X'.split(' '))).toEqual([
      { type: 'X', start: 0, end: 2 },
      { type: 'X', start: 3, end: 4 },
      { type: 'X', start: 4, end: 5 },
      { type: 'Y', start: 5, end: 7 },
      { type: 'X', start: 8, end: 9 },
    ]);
    expect(entitiesOf(['O', 'O'])).toEqual([]);
  });

  it('count when type and both ends are right', () => {
    const right = ['B-X I-X O B-Y'.split(' '), 'B-X O'.split(' ')];
    // The first is too short, the second right, the third found where there is another type; in the second sentence an
    // I begins one.
    const given = ['B-X O O I-Y'.split(' '), 'I-X B-Y'.split(' ')];
    // 2 right of 4 found, of 3 wanted.
    expect(entityF1(right, given)).toBeCloseTo((2 * 2) / (4 + 3), 12);
    expect(entityF1(right, right)).toBe(1);
    expect(entityF1([['O']], [['O']])).toBe(0);
  });

  it('are the same in whatever scheme they are written', () => {
    const written = {
      IOB1: 'I-X B-X I-X O I-Y I-Y I-X O I-Y',
      BIO: 'B-X B-X I-X O B-Y I-Y B-X O B-Y',
      IOBES: 'S-X B-X E-X O B-Y E-Y S-X O S-Y',
      BILOU: 'U-X B-X L-X O B-Y L-Y U-X O U-Y',
      underscores: 'S_X B_X E_X O B_Y E_Y S_X O S_Y',
    };
    const found = [0, 1, 4, 6, 8].map((start, i) => ({ type: 'XXYXY'[i], start, end: [1, 3, 6, 7, 9][i] }));
    for (const tags of Object.values(written)) expect(entitiesOf(tags.split(' '))).toEqual(found);
    // Three words of Chinese, by letters without a type.
    expect(entitiesOf('B M E S B E'.split(' ')).map(({ start, end }) => [start, end])).toEqual([
      [0, 3],
      [3, 4],
      [4, 6],
    ]);
    // What a model may say against the rules.
    expect(entitiesOf('E-X I-X O L-Y S-Y I-Y'.split(' ')).map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [1, 2],
      [3, 4],
      [4, 5],
      [5, 6],
    ]);
  });
});

describe('editDistance', () => {
  const letters = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['intention', 'execution', 5],
    ['abcd', 'bcd', 1],
    ['aa', 'aaaa', 2],
    ['ab', 'ba', 2],
  ])('from %j to %j is %i', (a, b, distance) => {
    expect(editDistance(letters(a), letters(b))).toBe(distance);
    expect(editDistance(letters(b), letters(a))).toBe(distance);
  });
});
