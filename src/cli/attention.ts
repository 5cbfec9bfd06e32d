/** Attention of a translation as a drawing in characters. */

import { printable } from './terminal.ts';

/** From no weight to all of it. */
const SHADES = [' ', '░', '▒', '▓', '█'];
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
 * Source tokens along the top, written downwards, target tokens down the side; `weights` is (target, source).
 *
 * @example attentionLines(['a', 'b'], ['x'], [[0.9, 0.1]]) // ['   a b ', 'x  ██░░'] but for spaces at the ends
 */
export function attentionLines(
  source: readonly string[],
  target: readonly string[],
  weights: readonly (readonly number[])[],
): string[] {
  const tops = source.map(name);
  const sides = target.map(name);
  const height = Math.max(...tops.map(({ length }) => length));
  const width = Math.max(...sides.map(({ length }) => length));
  const head = Array.from({ length: height }, (_, row) => {
    // Names stand on the drawing.
    const cells = tops.map((top) => `${top[row - height + top.length] ?? ' '} `);
    return `${' '.repeat(width)}  ${cells.join('')}`.trimEnd();
  });
  const rows = sides.map((side, i) => {
    const cells = weights[i].map((weight) => {
      const shade = SHADES[Math.min(SHADES.length - 1, Math.round(weight * (SHADES.length - 1)))];
      return shade + shade;
    });
    return `${side.join('')}${' '.repeat(width - side.length)}  ${cells.join('')}`.trimEnd();
  });
  return [...head, ...rows];
}
