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

/** Share of the validation above which its coming again in what is trained on is told. */
const MANY_AGAIN = 0.1;

/** Documents to train on up to which they are looked through: more would add to the time of reading. */
const MOST_COMPARED = 50_000;

/** Tokens of a document by which it is looked for before all of it is. */
const BEGINNING = 8;

/** Beginnings are told apart by so many bits. */
const BITS = 2 ** 20 - 1;

/**
 * The share of the documents for validation that are trained on too, where it is large, of up to
 * `MOST_COMPARED` documents; a document may have several sides.
 */
export function repeatedRemarks(train: readonly Documents[], valid: readonly Documents[] | undefined): Remark[] {
  const wanted = valid?.[0].lengths.length ?? 0;
  if (valid === undefined || wanted < ENOUGH || train[0].lengths.length > MOST_COMPARED) return [];
  const beginnings = new Uint8Array(BITS + 1);
  const times = new Map<number, number>();
  for (let i = 0; i < wanted; i++) {
    hash(valid, i, BEGINNING);
    beginnings[hashes[0] & BITS] = 1;
    const key = keyOf(valid, i);
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  let count = 0;
  for (let i = 0; i < train[0].lengths.length && times.size > 0; i++) {
    hash(train, i, BEGINNING);
    if (beginnings[hashes[0] & BITS] === 0) continue;
    const key = keyOf(train, i);
    count += times.get(key) ?? 0;
    times.delete(key);
  }
  if (count < MANY_AGAIN * wanted) return [];
  const share = Math.round((100 * count) / wanted);
  const text = `${share} % of what is validated on (${count} of ${wanted}) is trained on too: the validation says less than it seems.`;
  return [{ about: 'mistake', text, warning: true, count }];
}

/** 52 bits by which a document is known. */
function keyOf(sides: readonly Documents[], i: number): number {
  hash(sides, i, Number.POSITIVE_INFINITY);
  return (hashes[0] >>> 0) * 2 ** 20 + (hashes[1] >>> 12);
}

let ids = new Int32Array(1 << 10);
/** The last hash. */
const hashes = new Int32Array(2);

/** Hashes a document's lengths and its tokens, or the first `most` of each side: FNV-1a, twice. */
function hash(sides: readonly Documents[], i: number, most: number): void {
  let low = 0x811c9dc5 | 0;
  let high = 0x01000193;
  for (const { tokens, starts, lengths } of sides) {
    const length = Math.min(lengths[i], most);
    if (ids.length < length) ids = new Int32Array(2 * length);
    tokens.read(starts[i], length, ids, 0);
    for (let at = 0; at < length; at++) {
      low = Math.imul(low ^ ids[at], 0x01000193);
      high = Math.imul(high ^ (ids[at] + 0x9e37), 0x85ebca6b);
      high ^= high >>> 13;
    }
    low = Math.imul(low ^ lengths[i], 0x01000193);
    low ^= low >>> 15;
  }
  hashes[0] = low;
  hashes[1] = high;
}
