/** Entities in tagged sentences, as the CoNLL-2000 evaluation (`conlleval`) finds them. */

import { OUTSIDE, readTag, startsEntity } from '../text/index.ts';
import { precisionAndRecall } from './classes.ts';

/** Entities by sentence; `type` is what follows the letter of a tag, `end` the position after the last. */
export interface Entity {
  type: string;
  start: number;
  end: number;
}

/**
 * The entities of a sentence, by the tags of any scheme (see `tagScheme`); one goes on until a tag ends it or starts another.
 *
 * @example entitiesOf(['O', 'I-PER', 'I-PER', 'B-PER']) // two entities: from 1 to 3, from 3 to 4
 */
export function entitiesOf(tags: readonly string[]): Entity[] {
  const entities: Entity[] = [];
  const read = tags.map((tag) => readTag(tag) ?? OUTSIDE);
  read.forEach((tag, at) => {
    if (startsEntity(read[at - 1] ?? OUTSIDE, tag)) entities.push({ type: tag.type, start: at, end: at + 1 });
    else if (tag.position !== 'outside') entities.at(-1)!.end = at + 1;
  });
  return entities;
}

/** F1 of whole entities over sentences: one counts when its type and both ends are right. */
export function entityF1(right: readonly (readonly string[])[], given: readonly (readonly string[])[]): number {
  let hits = 0;
  let found = 0;
  let wanted = 0;
  right.forEach((tags, i) => {
    const key = ({ type, start, end }: Entity): string => `${start} ${end} ${type}`;
    const wantedKeys = new Set(entitiesOf(tags).map(key));
    const answers = entitiesOf(given[i]);
    hits += answers.filter((entity) => wantedKeys.has(key(entity))).length;
    found += answers.length;
    wanted += wantedKeys.size;
  });
  return precisionAndRecall(hits, found, wanted).f1;
}
