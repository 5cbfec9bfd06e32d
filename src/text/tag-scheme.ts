/**
 * How the tags of a sentence write down entities: schemes such as BIO, each with its rule of which tag may follow which. A tag is
 * `O`, or a letter, a dash and the entity's type.
 */

import { InputError, option } from '../errors.ts';
import type { Documents } from './types.ts';

export const tagSchemeNames = ['bio', 'iob1', 'iobes', 'bilou'] as const;
export type TagSchemeName = (typeof tagSchemeNames)[number];

interface Scheme {
  /** Letters before the dash. */
  letters: string;
  /** Those of which there is at least one, which tells the scheme from others that have its letters too. */
  needs: string;
  /** Whether a tag may come next; `undefined` is the start of a sentence, or its end. */
  allows(before: string | undefined, tag: string | undefined): boolean;
}

function is(tag: string | undefined, letters: string): boolean {
  return tag !== undefined && letters.includes(tag[0]);
}

/** Whether `before` is in an entity of the type of `tag`, which that may go on with. */
function opens(before: string | undefined, tag: string | undefined): boolean {
  return is(before, 'BI') && before?.slice(2) === tag?.slice(2);
}

/** An entity of several tokens goes from `B` by any number of `I` to `last`; nothing else comes between. */
function closedBy(last: string): Scheme['allows'] {
  const inside = `I${last}`;
  return (before, tag) => (is(tag, inside) ? opens(before, tag) : !is(before, 'BI'));
}

const SCHEMES: { readonly [name in TagSchemeName]: Scheme } = {
  // Ramshaw and Marcus 1995, as CoNLL-2002 has it: B begins an entity, I goes on with it.
  bio: {
    letters: 'BI',
    needs: 'BI',
    allows: (before, tag) => !is(tag, 'I') || opens(before, tag),
  },
  // Ramshaw and Marcus 1995, as CoNLL-2003 has it: B begins an entity only behind another of its type, else I does.
  iob1: {
    letters: 'BI',
    needs: 'I',
    allows: (before, tag) => !is(tag, 'B') || opens(before, tag),
  },
  // E ends an entity, S is one.
  iobes: { letters: 'IBES', needs: 'ES', allows: closedBy('E') },
  // Ratinov and Roth 2009: L ends an entity, U is one.
  bilou: { letters: 'BILU', needs: 'LU', allows: closedBy('L') },
};

/** Share of the sentences that may break a scheme's rule before it is taken for no such tags. */
const MOST_BROKEN = 0.1;

export interface TagSchemeFound {
  /** `none` where the tags are of no scheme, or too many sentences break the rule of each. */
  scheme: TagSchemeName | 'none';
  /** Sentences that break its rule, or where they are too many, that of the scheme that fits best. */
  broken: number;
}

/**
 * Finds the scheme of tags, if it is not `given`: of those that have such tags, the one whose rule the fewest sentences break.
 *
 * @throws InputError for tags that the given scheme does not have.
 */
export function findTagScheme(
  tags: readonly string[],
  sentences: Documents,
  given: TagSchemeName | 'none' | null,
): TagSchemeFound {
  const names = given === null ? tagSchemeNames : tagSchemeNames.filter((name) => name === given);
  const fitting = names.filter((name) => fitsScheme(tags, name));
  const counts = fitting.map((name) => ({ scheme: name, broken: countBroken(name, tags, sentences) }));
  const [best] = counts.sort((a, b) => a.broken - b.broken);
  if (best === undefined) {
    if (names.length === 0 || given === null) return { scheme: 'none', broken: 0 };
    throw new InputError(
      `${option('tagScheme', given)} has no such tags as ${tags.slice(0, 10).join(', ')}: leave it out.`,
    );
  }
  const kept = given !== null || best.broken <= MOST_BROKEN * sentences.lengths.length;
  return kept ? best : { scheme: 'none', broken: best.broken };
}

/** Whether tags are `O` and those of a scheme alone. */
function fitsScheme(tags: readonly string[], name: TagSchemeName): boolean {
  const { letters, needs } = SCHEMES[name];
  const ofEntity = (tag: string): boolean => is(tag, letters) && /^.-./u.test(tag);
  return tags.every((tag) => tag === 'O' || ofEntity(tag)) && tags.some((tag) => is(tag, needs));
}

function countBroken(name: TagSchemeName, tags: readonly string[], { tokens, starts, lengths }: Documents): number {
  const impossible = impossibleTransitions(tags, name)!;
  const edge = tags.length;
  let broken = 0;
  lengths.forEach((length, i) => {
    const ids = new Int32Array(length + 2).fill(edge);
    tokens.read(starts[i], length, ids, 1);
    if (ids.some((id, at) => at > 0 && impossible[ids[at - 1] * (edge + 1) + id] === 1)) broken++;
  });
  return broken;
}

/**
 * Which of some tags can't follow which: (tags + 1, tags + 1), 1 where that of the column can't follow that of the row; the last
 * row stands for the start of a sentence, the last column for its end. `undefined` where all can.
 */
export function impossibleTransitions(
  tags: readonly string[],
  name: TagSchemeName | 'none' | null,
): Uint8Array | undefined {
  if (name === null || name === 'none') return undefined;
  const ends = [...tags, undefined];
  return Uint8Array.from(ends.flatMap((before) => ends.map((tag) => (SCHEMES[name].allows(before, tag) ? 0 : 1))));
}
