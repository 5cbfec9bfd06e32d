/** Texts with blanks in them, to be filled with tokens: where words are beside a blank, spaces come and go with what fills it. */

import type { TokenScheme } from './scheme.ts';

type Edge = 'begins' | 'ends';

/** What a blank is to a tokenizer of words while it is empty: a word. */
const BLANK = '____';

/**
 * Ids of the parts of a text between which the blanks are; the first and the last part are what stands before and behind
 * all of them.
 */
export function encodeAround(
  parts: readonly string[],
  encode: (text: string) => number[],
  { impliesSpace }: TokenScheme,
): number[][] {
  if (impliesSpace === undefined) return parts.map((part) => encode(part));
  let text = parts[0];
  const ends = parts.slice(1).map((part, i) => {
    text += `${needsSpace(impliesSpace, parts[i], 'ends') ? ' ' : ''}${BLANK}`;
    const end = encode(text).length;
    text += `${needsSpace(impliesSpace, part, 'begins') ? ' ' : ''}${part}`;
    return end;
  });
  const ids = encode(text);
  return [...ends, ids.length + 1].map((end, i) => ids.slice(i === 0 ? 0 : ends[i - 1], end - 1));
}

/** The parts of a text with the spaces that go with `fillings`, one between each two parts: a mark brings its own. */
export function spaceAround(
  parts: readonly string[],
  fillings: readonly string[],
  { impliesSpace }: TokenScheme,
): string[] {
  const spaced = [...parts];
  if (impliesSpace === undefined) return spaced;
  const needs = (text: string, edge: Edge): boolean => needsSpace(impliesSpace, text, edge);
  fillings.forEach((filling, i) => {
    if (!needs(filling, 'begins')) spaced[i] = spaced[i].replace(/ $/, '');
    else if (needs(spaced[i], 'ends')) spaced[i] += ' ';
    if (!needs(filling, 'ends')) spaced[i + 1] = spaced[i + 1].replace(/^ /, '');
    else if (needs(spaced[i + 1], 'begins')) spaced[i + 1] = ` ${spaced[i + 1]}`;
  });
  return spaced;
}

/** Whether a text begins, or ends, with a character that has a space between itself and a word. */
function needsSpace(impliesSpace: (character: string) => boolean, text: string, edge: Edge): boolean {
  const [character] = (edge === 'begins' ? /^./su : /.$/su).exec(text) ?? [];
  return character !== undefined && impliesSpace(character);
}
