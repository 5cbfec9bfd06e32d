/** The texts of examples: added to a side token by token, and how long they may be. */

import { option } from '../../errors.ts';
import { roomFor, type Scanner, scanWhole } from '../tokens/index.ts';
import type { ExampleSide } from './example-sides.ts';
import { type LinePlace, lineError, placeName } from './lines.ts';
import type { Remark } from './remarks.ts';

/** What is longer than an example may be. */
export interface Limit {
  /**
   * How many of the tokens of something, which errors call `what`, are taken.
   *
   * @throws InputError if that is not all, and the limit is strict.
   */
  fit(what: string, tokens: number, at?: LinePlace): number;
  remarks(): Remark[];
}

/** Cuts at `maxLength` tokens, and counts, or refuses if `strict`. `place` is where reading is. */
export function createLimit(maxLength: number, strict: boolean, place: LinePlace): Limit {
  let count = 0;
  let longest = 0;
  let where = '';
  return {
    fit(what, tokens, at = place) {
      if (tokens <= maxLength) return tokens;
      if (strict) {
        throw lineError(
          at,
          `has a ${what} of ${tokens} tokens, over the ${maxLength} of ${option('maxLength')}: raise it, or shorten the ${what}`,
        );
      }
      count++;
      if (tokens > longest) {
        longest = tokens;
        where = `the longest, a ${what} in ${placeName(at)}, has ${tokens}`;
      }
      return maxLength;
    },
    remarks() {
      if (count === 0) return [];
      const text = `cut to the ${maxLength} tokens of ${option('maxLength')}: ${count}; ${where}.`;
      return [{ about: 'sizes', text, warning: true, count }];
    },
  };
}

/** Adds the tokens of a text to the open example of a side, as many as the limit lets in; errors call it `what`. */
export function createTextScan(side: ExampleSide<Scanner>, limit: Limit): (bytes: Uint8Array, what: string) => void {
  let ids = new Int32Array(0);
  return (bytes, what) => {
    ids = roomFor(side.types, bytes.length, ids);
    const count = limit.fit(what, scanWhole(side.types, bytes, ids));
    for (let i = 0; i < count; i++) side.push(ids[i]);
  };
}
