/**
 * How tags say where entities are: schemes such as BIO, each with its rule of which tag may follow which. A tag is `O`, outside of
 * all, or a letter and, after `-` or `_`, the type of the entity.
 */

import { InputError, option } from '../errors.ts';
import type { Documents } from './types.ts';

/** Where in an entity a tag is; `single` is an entity of one token. */
export type Position = 'outside' | 'begin' | 'inside' | 'end' | 'single';

export interface EntityTag {
  position: Position;
  /** Of the entity; empty where tags have none, and for `O`. */
  type: string;
}

/** `M` is written for `I` in BMES. */
const POSITIONS: Readonly<Record<string, Position>> = {
  B: 'begin',
  I: 'inside',
  M: 'inside',
  E: 'end',
  L: 'end',
  S: 'single',
  U: 'single',
};

/** What `O` says. */
export const OUTSIDE: EntityTag = { position: 'outside', type: '' };

/** What a tag says; `undefined` for one of no scheme. Tags without a type part words, as in Chinese. */
export function readTag(tag: string): EntityTag | undefined {
  if (tag === 'O') return OUTSIDE;
  const parts = /^([BIMELSU])(?:[-_](.+))?$/su.exec(tag);
  return parts ? { position: POSITIONS[parts[1]], type: parts[2] ?? '' } : undefined;
}

interface Scheme {
  /** Letters of its tags besides `O`. */
  letters: string;
  /** Those of which there is at least one, which tells the scheme from others that have its letters too. */
  needs: string;
  /** Whether `tag` may come next; before the first token and after the last is `OUTSIDE`. `same`: `before` may go on to it. */
  allows(before: EntityTag, tag: EntityTag, same: boolean): boolean;
}

/** An entity of several tokens is closed by its last one; nothing else comes between. */
function closed(before: EntityTag, { position }: EntityTag, same: boolean): boolean {
  return position === 'inside' || position === 'end' ? same : !isOpen(before);
}

const SCHEMES = {
  // Tjong Kim Sang and Veenstra 1999, also called IOB2: B begins an entity, I goes on with it.
  bio: { letters: 'BI', needs: 'BI', allows: (_, { position }, same) => position !== 'inside' || same },
  // Ramshaw and Marcus 1995: B begins an entity only behind another of its type, else I does.
  iob1: { letters: 'BI', needs: 'I', allows: (_, { position }, same) => position !== 'begin' || same },
  // E ends an entity, S is one.
  iobes: { letters: 'IMBES', needs: 'EMS', allows: closed },
  // Ratinov and Roth 2009: L ends an entity, U is one.
  bilou: { letters: 'BILU', needs: 'LU', allows: closed },
} satisfies Record<string, Scheme>;

export type TagSchemeName = keyof typeof SCHEMES;

export const tagSchemeNames = Object.keys(SCHEMES) as TagSchemeName[];

/** Whether the tokens after such a tag may go on with its entity. */
function isOpen({ position }: EntityTag): boolean {
  return position === 'begin' || position === 'inside';
}

/** Whether the rules of a scheme let `tag` follow `before`; before the first token and after the last is `OUTSIDE`. */
export function mayFollow(name: TagSchemeName, before: EntityTag, tag: EntityTag): boolean {
  return SCHEMES[name].allows(before, tag, isOpen(before) && before.type === tag.type);
}

/** Whether an entity starts at `tag` after `before`, as `conlleval` has it, whatever the scheme: predicted tags may break its rules. */
export function startsEntity(before: EntityTag, tag: EntityTag): boolean {
  if (tag.position === 'outside') return false;
  return tag.position === 'begin' || tag.position === 'single' || !isOpen(before) || before.type !== tag.type;
}

/** Whether tags are `O` and those of a scheme alone. */
function fitsScheme(tags: readonly string[], name: TagSchemeName): boolean {
  const { letters, needs } = SCHEMES[name];
  const entities = tags.filter((tag) => tag !== 'O');
  return (
    entities.every((tag) => readTag(tag) !== undefined && letters.includes(tag[0])) &&
    entities.some((tag) => needs.includes(tag[0]))
  );
}

/**
 * The scheme of a set of tags: `undefined` if one of them is of no scheme, or all are `O`. What tells IOB1 from BIO is a type that occurs
 * without `B`, which IOB1 needs only between neighbours.
 */
export function tagScheme(tags: readonly string[]): TagSchemeName | undefined {
  const fitting = tagSchemeNames.filter((name) => fitsScheme(tags, name));
  if (!fitting.includes('bio')) return fitting[0];
  const typesAt = (position: Position): Set<string> =>
    new Set(tags.map((tag) => readTag(tag)!).flatMap((tag) => (tag.position === position ? [tag.type] : [])));
  const begun = typesAt('begin');
  return [...typesAt('inside')].every((type) => begun.has(type)) ? 'bio' : 'iob1';
}

/** Share of the sentences that may break a scheme's rule before it is taken for no such tags. */
const MOST_BROKEN = 0.1;

export interface TagSchemeFound {
  /** `none` where the tags are of no scheme, or too many sentences break the rule of each. */
  scheme: TagSchemeName | 'none';
  /** Sentences that break its rule, or where they are too many, that of the scheme that fits best. */
  broken: number;
}

/**
 * Finds the scheme of the tags of sentences, if it is not `given`: of those that have such tags, the one whose rule the fewest
 * sentences break.
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
  const ends = [...tags.map((tag) => readTag(tag)!), OUTSIDE];
  return Uint8Array.from(ends.flatMap((before) => ends.map((tag) => (mayFollow(name, before, tag) ? 0 : 1))));
}
