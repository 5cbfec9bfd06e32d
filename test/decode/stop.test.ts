import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stopMatcher } from '../../src/decode/index.ts';
import { InputError } from '../../src/errors.ts';

/** The definition: the shortest beginning of the text that ends with a stop text, without the longest one that it ends with. */
function cut(text: string, stops: readonly string[]): string {
  for (let end = 1; end <= text.length; end++) {
    const complete = stops.filter((stop) => text.slice(0, end).endsWith(stop));
    if (complete.length > 0) return text.slice(0, end - Math.max(...complete.map((stop) => stop.length)));
  }
  return text;
}

describe('stopMatcher', () => {
  it('emits no part of a stop text that spans pieces', () => {
    const matcher = stopMatcher(['END']);
    expect(['on', 'e E', 'N', 'E E', 'ND', ' more'].map(matcher.push)).toEqual(['on', 'e ', '', 'ENE ', '', '']);
    expect(matcher.stopped).toBe(true);
    expect(matcher.flush()).toBe('');
  });

  it('gives back what it held when the text ends otherwise', () => {
    const matcher = stopMatcher(['\n\n']);
    expect(matcher.push('a\n')).toBe('a');
    expect(matcher.flush()).toBe('\n');
    expect(matcher.stopped).toBe(false);
  });

  it('passes text through when there is no stop text', () => {
    expect(stopMatcher([]).push('any')).toBe('any');
  });

  it('refuses an empty stop text', () => {
    expect(() => stopMatcher(['a', ''])).toThrow(InputError);
  });

  it('cuts by the definition, however the text is divided, and never holds more than it must', () => {
    const letters = (minLength: number, maxLength: number) =>
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength, maxLength });
    const property = fc.property(
      fc.array(letters(0, 4)),
      fc.array(letters(1, 4), { maxLength: 3 }),
      (pieces, stops) => {
        const matcher = stopMatcher(stops);
        let emitted = '';
        let given = '';
        for (const piece of pieces) {
          emitted += matcher.push(piece);
          given += piece;
          if (matcher.stopped) break;
          const held = given.slice(emitted.length);
          expect(held === '' || stops.some((stop) => stop.startsWith(held))).toBe(true);
        }
        expect(emitted + matcher.flush()).toBe(cut(pieces.join(''), stops));
        expect(matcher.stopped).toBe(stops.some((stop) => pieces.join('').includes(stop)));
      },
    );
    fc.assert(property, { seed: 2, numRuns: 3000 });
  });
});
