/** Shapes of examples that are surely mistakes, which are refused, and such as are likely to be, which are told. */

import { InputError, option } from '../../errors.ts';
import type { Documents } from '../types.ts';
import { fileName } from './files.ts';
import type { Remark } from './remarks.ts';
import type { Roles } from './tables/columns.ts';

/** Rows, examples or tokens below which how often something occurs tells nothing. */
export const ENOUGH = 20;

/** Rows of a table that are watched. */
const WATCHED = 1000;

/** Watches over the first rows of a table. */
export interface ColumnWatch {
  row(first: Uint8Array, second: Uint8Array): void;
  /** @throws InputError if the columns are the wrong way round. */
  check(file: string): void;
}

/** Whether labels are many and what they are given to is few. */
export function createColumnWatch(roles: Roles): ColumnWatch {
  const seen = [new Set<string>(), new Set<string>()];
  const labelAt = roles.findIndex((role) => role === 'label' || role === 'tag');
  let rows = 0;
  return {
    row(first, second) {
      if (labelAt < 0 || rows === WATCHED) return;
      rows++;
      seen[0].add(Buffer.from(first).toString());
      seen[1].add(Buffer.from(second).toString());
    },
    check(file) {
      if (rows < ENOUGH) return;
      const [labels, others] = [seen[labelAt].size, seen[1 - labelAt].size];
      if (labels < 0.2 * rows || others > labels / 2) return;
      const [label, other] = [roles[labelAt], roles[1 - labelAt]];
      const columns = option('columns', `${roles[0]}=2,${roles[1]}=1`);
      throw new InputError(
        `The columns of ${fileName(file)} are the wrong way round: its first ${rows} lines have ${labels} different ${label}s on ${others} different ${other}s; write ${roles[0]}<TAB>${roles[1]}, or give ${columns}.`,
      );
    },
  };
}

/** Examples up to which the validation is looked for in what is trained on. */
const MOST_COMPARED = 1_000_000;

/** Share of the validation above which its coming again in what is trained on is told. */
const MANY_AGAIN = 0.1;

/** The share of the documents for validation that are trained on too, where it is large; a document may be of several sides. */
export function repeatedRemarks(train: readonly Documents[], valid: readonly Documents[] | undefined): Remark[] {
  const wanted = valid?.[0].lengths.length ?? 0;
  if (valid === undefined || wanted < ENOUGH || train[0].lengths.length > MOST_COMPARED) return [];
  const again = new Map<number, number>();
  for (let i = 0; i < wanted; i++) {
    const key = keyOf(valid, i);
    again.set(key, (again.get(key) ?? 0) + 1);
  }
  let count = 0;
  for (let i = 0; i < train[0].lengths.length && again.size > 0; i++) {
    const key = keyOf(train, i);
    count += again.get(key) ?? 0;
    again.delete(key);
  }
  if (count < MANY_AGAIN * wanted) return [];
  const share = Math.round((100 * count) / wanted);
  const text = `${share} % of what is validated on (${count} of ${wanted}) is trained on too: the validation says less than it seems.`;
  return [{ about: 'mistake', text, warning: true, count }];
}

let ids = new Int32Array(1 << 10);

/** A hash of 52 bits of the tokens of a document: FNV-1a, twice. */
function keyOf(sides: readonly Documents[], i: number): number {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (const { tokens, starts, lengths } of sides) {
    const length = lengths[i];
    if (ids.length < length) ids = new Int32Array(2 * length);
    tokens.read(starts[i], length, ids, 0);
    for (let at = 0; at < length; at++) {
      low = Math.imul(low ^ ids[at], 0x01000193);
      high = Math.imul(high ^ (ids[at] + 0x9e37), 0x85ebca6b);
      high ^= high >>> 13;
    }
    low = Math.imul(low ^ length, 0x01000193);
  }
  return (low >>> 0) * 2 ** 20 + (high >>> 12);
}
