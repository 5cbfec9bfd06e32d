/** Ways to damage a file: what disks, transfers and strangers do to one, drawn from a seed. */

import type { Random } from '../../src/random.ts';

/** Numbers at which readers go wrong. */
const NUMBERS = [
  '-1',
  '0',
  '1e308',
  '1e999',
  '-0',
  '2147483648',
  '4294967297',
  '9007199254740993',
  '0.5',
  '1e-7',
  '01',
];

/** Values that no field expects. */
const VALUES = [
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '{"__proto__":{"hidden":1}}',
  '[[[[[[[[[[]]]]]]]]]]',
  '"\\u0000"',
  '"\\ud800"',
  ...NUMBERS,
];

/** Keys that mean something to JavaScript. */
const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'length', '0', ''];

type Damage = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const KINDS: Damage[] = [
  function flipBits(bytes, random) {
    const copy = Buffer.from(bytes);
    for (let times = 1 + random.integer(4); times > 0 && copy.length > 0; times--) {
      copy[random.integer(copy.length)] ^= 1 << random.integer(8);
    }
    return copy;
  },
  function setByte(bytes, random) {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[random.integer(copy.length)] = random.integer(256);
    return copy;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random.integer(bytes.length + 1));
  },
  function extend(bytes, random) {
    const tail = Buffer.alloc(1 + random.integer(64), random.integer(2) ? 0 : 'x');
    return Buffer.concat([bytes, tail]);
  },
  function takeOut(bytes, random) {
    const [start, end] = range(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  function repeat(bytes, random) {
    const [start, end] = range(bytes, random);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
  },
  function clear(bytes, random) {
    const [start, end] = range(bytes, random);
    return Buffer.from(bytes).fill(0, start, end);
  },
  function splice(bytes, random, other) {
    const at = random.integer(bytes.length + 1);
    return Buffer.concat([
      bytes.subarray(0, at),
      other.subarray(random.integer(2) ? at : random.integer(other.length + 1)),
    ]);
  },
  function headerLength(bytes, random) {
    const copy = Buffer.from(bytes);
    if (copy.length >= 8) copy.writeBigUInt64LE(2n ** BigInt(random.integer(64)) - BigInt(random.integer(2)));
    return copy;
  },
  function replaceNumber(bytes, random) {
    return replaceOne(bytes, /\d+(\.\d+)?/g, pick(NUMBERS, random), random);
  },
  function replaceString(bytes, random) {
    return replaceOne(bytes, /"[^"\n]*"(?!:)/g, pick(VALUES, random), random);
  },
  function replaceKey(bytes, random) {
    return replaceOne(bytes, /"[^"\n]*"(?=:)/g, JSON.stringify(pick(KEYS, random)), random);
  },
  function takeOutMember(bytes, random) {
    return replaceOne(bytes, /"[^"\n]*": ?("[^"\n]*"|[\w.]+),?/g, '', random);
  },
];

/** A damaged copy of `bytes`, with pieces of `other` in it perhaps; it may happen to be equal. */
export function damage(bytes: Buffer, other: Buffer, random: Random): Buffer {
  let damaged = bytes;
  for (let times = 1 + random.integer(3) * random.integer(2); times > 0; times--) {
    damaged = pick(KINDS, random)(damaged, random, other);
  }
  return damaged;
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.integer(list.length)];
}

function range(bytes: Buffer, random: Random): [number, number] {
  const start = random.integer(bytes.length + 1);
  return [start, Math.min(bytes.length, start + 1 + random.integer(random.integer(2) ? 8 : 4096))];
}

/** Replaces one match of `pattern`, in the first bytes of the file, where its text is. */
function replaceOne(bytes: Buffer, pattern: RegExp, replacement: string, random: Random): Buffer {
  const text = bytes.subarray(0, 1 << 13).toString('latin1');
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return bytes;
  const { index, 0: match } = pick(matches, random);
  const tail = bytes.subarray(index + match.length);
  return Buffer.concat([bytes.subarray(0, index), Buffer.from(replacement, 'latin1'), tail]);
}
