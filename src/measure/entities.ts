/** Entities in tagged sentences, as the CoNLL-2000 evaluation (`conlleval`) finds them. */

import { precisionAndRecall } from './classes.ts';

/** Entities by sentence; `type` is what follows `B-` or `I-`, `end` the position after the last. */
export interface Entity {
  type: string;
  start: number;
  end: number;
}

/** Whether tags are BIO: `O`, `B-…` and `I-…` alone, with one `B-…` or `I-…` at least. */
export function isBio(tags: readonly string[]): boolean {
  return tags.every((tag) => tag === 'O' || /^[BI]-./.test(tag)) && tags.some((tag) => tag !== 'O');
}

/**
 * The entities of a sentence. One begins at `B-X`, and at an `I-X` that follows neither `B-X` nor `I-X`; it goes on over the
 * `I-X` that follow.
 *
 * @example entitiesOf(['O', 'I-PER', 'I-PER', 'B-PER']) // two entities: from 1 to 3, from 3 to 4
 */
export function entitiesOf(tags: readonly string[]): Entity[] {
  const entities: Entity[] = [];
  let open: Entity | undefined;
  tags.forEach((tag, at) => {
    const type = tag === 'O' ? undefined : tag.slice(2);
    if (open && (tag[0] !== 'I' || open.type !== type)) open = undefined;
    if (open) {
      open.end = at + 1;
    } else if (type !== undefined) {
      open = { type, start: at, end: at + 1 };
      entities.push(open);
    }
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
