/** Attention of a translation as a drawing in characters. */

import { SHADES } from './heat.ts';
import { printable } from './printable.ts';
import { padded, widest } from './width.ts';

/** Longest token that is written out. */
const MOST_CHARACTERS = 12;
/** Characters that take no room, or all of a line, by themselves. */
const STANDS_FOR = new Map([
  [' ', '␣'],
  ['\n', '⏎'],
  ['\t', '⇥'],
]);

function name(token: string): string[] {
  const characters = Array.from(printable(Array.from(token, (one) => STANDS_FOR.get(one) ?? one).join('')));
  return characters.length > MOST_CHARACTERS ? [...characters.slice(0, MOST_CHARACTERS - 1), '…'] : characters;
}

/**
 * Source tokens along the top, written downwards, target tokens down the side, in as many blocks of source tokens as
 * `columns` columns take; `weights` is (target, source).
 *
 * @example attentionLines(['a', 'b'], ['x'], [[0.9, 0.1]], 80) // ['   a b ', 'x  ██░░'] but for spaces at the ends
 */
export function attentionLines(
  source: readonly string[],
  target: readonly string[],
  weights: readonly (readonly number[])[],
  columns: number,
): string[] {
  const tops = source.map(name);
  const sides = target.map((token) => name(token).join(''));
  const height = Math.max(...tops.map(({ length }) => length));
  const margin = widest(sides);
  const atOnce = Math.max(1, Math.floor((columns - margin - 2) / 2));
  const lines: string[] = [];
  for (let first = 0; first < tops.length; first += atOnce) {
    if (first > 0) lines.push('');
    const block = tops.slice(first, first + atOnce);
    for (let row = 0; row < height; row++) {
      // Names stand on the drawing.
      const cells = block.map((top) => padded(top[row - height + top.length] ?? '', 2));
      lines.push(`${' '.repeat(margin)}  ${cells.join('')}`.trimEnd());
    }
    for (const [i, side] of sides.entries()) {
      const cells = weights[i].slice(first, first + atOnce).map((weight) => {
        const shade = SHADES[Math.min(SHADES.length - 1, Math.round(weight * (SHADES.length - 1)))];
        return shade + shade;
      });
      lines.push(`${padded(side, margin)}  ${cells.join('')}`.trimEnd());
    }
  }
  return lines;
}
