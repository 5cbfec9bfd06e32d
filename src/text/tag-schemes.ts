/**
 * How tags say where entities are: IOB1 (Ramshaw and Marcus 1995), BIO, that is IOB2 (Tjong Kim Sang and Veenstra 1999), IOBES and BILOU
 * (Ratinov and Roth 2009). A tag is a letter and, after `-` or `_`, the type of the entity; `O` is outside of all.
 */

export type TagScheme = 'IOB1' | 'BIO' | 'IOBES' | 'BILOU';

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

/**
 * The scheme of a set of tags: `undefined` if one of them is of no scheme, or all are `O`. What tells IOB1 from BIO is a type that occurs
 * without `B`, which IOB1 needs only between neighbours.
 */
export function tagScheme(tags: readonly string[]): TagScheme | undefined {
  const read = tags.map(readTag);
  const letters = new Set(tags.map((tag) => tag[0]));
  if (read.includes(undefined) || read.every((tag) => tag === OUTSIDE)) return undefined;
  if (letters.has('L') || letters.has('U')) return 'BILOU';
  if (letters.has('E') || letters.has('S') || letters.has('M')) return 'IOBES';
  const begun = new Set(read.flatMap((tag) => (tag!.position === 'begin' ? [tag!.type] : [])));
  return read.some((tag) => tag!.position === 'inside' && !begun.has(tag!.type)) ? 'IOB1' : 'BIO';
}

/** Whether an entity starts at `tag` after `before`, as `conlleval` has it, whatever the scheme: predicted tags may break its rules. */
export function startsEntity(before: EntityTag, tag: EntityTag): boolean {
  if (tag.position === 'outside') return false;
  return tag.position === 'begin' || tag.position === 'single' || !isOpen(before) || before.type !== tag.type;
}

/** Whether the tokens after such a tag may go on with its entity. */
function isOpen({ position }: EntityTag): boolean {
  return position === 'begin' || position === 'inside';
}

/** Whether the rules of a scheme let `tag` follow `before`; before the first token and after the last is `OUTSIDE`. */
export function mayFollow(scheme: TagScheme, before: EntityTag, tag: EntityTag): boolean {
  const same = isOpen(before) && before.type === tag.type;
  if (scheme === 'IOB1') return tag.position !== 'begin' || same;
  const goesOn = tag.position === 'inside' || tag.position === 'end';
  if (scheme === 'BIO') return !goesOn || same;
  return goesOn ? same : !isOpen(before);
}
