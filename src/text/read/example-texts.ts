/** The texts of examples: added to a side token by token, none of them empty or too long. */

import { option } from '../../errors.ts';
import { roomFor, type Scanner, scanWhole } from '../tokens/index.ts';
import type { ExampleSide } from './example-sides.ts';
import { type LinePlace, lineError } from './lines.ts';

/** Adds the tokens of a text to the open example of a side. */
export function createTextScan(side: ExampleSide<Scanner>): (bytes: Uint8Array) => void {
  let ids = new Int32Array(0);
  return (bytes) => {
    ids = roomFor(side.types, bytes.length, ids);
    const count = scanWhole(side.types, bytes, ids);
    for (let i = 0; i < count; i++) side.push(ids[i]);
  };
}

/** Throws an InputError for a text of more tokens than `maxLength`; `what` calls it by name. */
export function checkLength(what: string, tokens: number, maxLength: number, place: LinePlace): void {
  if (tokens > maxLength) {
    throw lineError(
      place,
      `has a ${what} of ${tokens} tokens, over the ${maxLength} of ${option('maxLength')}: raise it, or shorten the ${what}`,
    );
  }
}
