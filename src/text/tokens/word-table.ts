/**
 * A hash table from short byte strings to provisional ids, for words. A `Map` of strings would take four times the
 * memory on a large corpus, and most of the time of reading it.
 */

import { InputError, option } from '../../errors.ts';
import { SPECIAL_TOKENS } from './special.ts';

/** The most entries that a vocabulary may have. */
export const MAX_VOCABULARY = 2 ** 24;

export interface WordTable {
  /** Id of the first `length` of `bytes`, a new one if need be. */
  intern(bytes: Uint8Array, length: number): number;
  /** Number of ids, the four special ones included. */
  size(): number;
  /** The bytes of `id`, valid until the next `intern`. */
  bytes(id: number): Uint8Array;
}

export function createWordTable(): WordTable {
  let size: number = SPECIAL_TOKENS.length;
  // Open addressing; 0 means free, as no word has the id of `<unk>`.
  let slots = new Uint32Array(1 << 10);
  let hashes = new Int32Array(1 << 9);
  // Word `id` is at ends[id - 1] .. ends[id] of the arena.
  let ends = new Uint32Array(1 << 9);
  let arena = new Uint8Array(1 << 13);

  const grow = (): void => {
    hashes = enlarged(hashes, new Int32Array(hashes.length * 2));
    ends = enlarged(ends, new Uint32Array(ends.length * 2));
    slots = new Uint32Array(slots.length * 2);
    const mask = slots.length - 1;
    for (let id = SPECIAL_TOKENS.length; id < size; id++) {
      let slot = hashes[id] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
  };

  return {
    intern(bytes, length) {
      // FNV-1a, with a last step that mixes the high bits into the low ones.
      let hash = 0x811c9dc5 | 0;
      for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
      hash ^= hash >>> 15;
      let slot = hash & (slots.length - 1);
      for (let id = slots[slot]; id !== 0; id = slots[slot]) {
        const start = ends[id - 1];
        if (hashes[id] === hash && ends[id] - start === length) {
          let i = 0;
          while (i < length && arena[start + i] === bytes[i]) i++;
          if (i === length) return id;
        }
        slot = (slot + 1) & (slots.length - 1);
      }
      if (size === MAX_VOCABULARY) {
        throw new InputError(
          `The corpus has more than ${MAX_VOCABULARY} different words; read it with ${option('tokenizer', 'char')} instead.`,
        );
      }
      const start = ends[size - 1];
      if (start + length > arena.length) arena = enlarged(arena, new Uint8Array(arena.length * 2));
      arena.set(bytes.subarray(0, length), start);
      ends[size] = start + length;
      hashes[size] = hash;
      slots[slot] = size++;
      if (size === ends.length) grow();
      return size - 1;
    },
    size: () => size,
    bytes: (id) => arena.subarray(ends[id - 1], ends[id]),
  };
}

function enlarged<T extends Uint8Array | Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
