/** Labels of examples: numbered as they come, then in the order of a model's outputs. */

import { InputError } from '../errors.ts';
import type { Types } from './count.ts';
import { lineError, type Place } from './lines.ts';
import { SPECIAL_TOKENS } from './types.ts';
import { createWordTable } from './word-table.ts';

/** Provisional ids by label, from 4 on, as those of types are. */
export interface LabelTable extends Types {
  /** Id of a label, a new one if need be, first seen where `place` is now. */
  intern(label: Uint8Array): number;
  text(id: number): string;
  /** Where a label came first. */
  place(id: number): Place;
}

export function createLabelTable(place: Place): LabelTable {
  const table = createWordTable();
  const places: Place[] = [];
  return {
    size: table.size,
    intern(label) {
      const id = table.intern(label, label.length);
      if (id - SPECIAL_TOKENS.length === places.length) places.push({ ...place });
      return id;
    },
    text: (id) => Buffer.from(table.bytes(id)).toString(),
    place: (id) => places[id - SPECIAL_TOKENS.length],
  };
}

/**
 * Labels by falling count in the training part, those of equal count by code point.
 *
 * @throws InputError naming the first place of a label that does not occur there, or if there is but one; `name` is "label" or "tag".
 */
export function orderLabels(table: LabelTable, counts: ArrayLike<number>, name: string): string[] {
  const ids: number[] = [];
  for (let id = SPECIAL_TOKENS.length; id < table.size(); id++) {
    if (counts[id] === 0) {
      throw lineError(
        table.place(id),
        `has the ${name} ${table.text(id)}, which no example of the training part has: give it one, or choose another --seed`,
      );
    }
    ids.push(id);
  }
  const labels = new Map(ids.map((id) => [id, table.text(id)]));
  if (ids.length === 1) {
    throw new InputError(
      `All examples in ${table.place(ids[0]).file} have the ${name} ${labels.get(ids[0])}; give examples of two or more.`,
    );
  }
  ids.sort((a, b) => counts[b] - counts[a] || Buffer.compare(Buffer.from(labels.get(a)!), Buffer.from(labels.get(b)!)));
  return ids.map((id) => labels.get(id)!);
}

/**
 * Table from provisional ids to places in `labels`.
 *
 * @throws InputError naming the first place of a label that `labels` lacks.
 */
export function mapLabels(table: LabelTable, labels: readonly string[], name: string): Uint32Array {
  const index = new Map(labels.map((label, i) => [label, i]));
  const ids = new Uint32Array(table.size());
  for (let id = SPECIAL_TOKENS.length; id < ids.length; id++) {
    const label = table.text(id);
    const known = index.get(label);
    if (known === undefined) {
      const which = `${labels.slice(0, 10).join(', ')}${labels.length > 10 ? ', …' : ''}`;
      throw lineError(table.place(id), `has the ${name} ${label}, which the model does not know: it knows ${which}`);
    }
    ids[id] = known;
  }
  return ids;
}
