/** Token stores: the same ids from memory and from a file, of every width. */

import fs from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RunError } from '../../../src/errors.ts';
import { createTokenStore, type StoreOptions, sliceTokens } from '../../../src/text/read/token-store.ts';
import { temporaryFolder } from '../../temporary.ts';

const BLOCK = 1 << 20;
const LENGTH = 3 * BLOCK + 1000;

/** Ids that need one byte in the first block, two in the second, four in the third. */
function idAt(position: number): number {
  const limit = [200, 60_000, 1_000_000, 300][Math.floor(position / BLOCK)];
  return (position * 7919) % limit;
}

function filled(options?: StoreOptions) {
  const store = createTokenStore(options);
  onTestFinished(() => store.close());
  const ids = new Int32Array(100_003);
  for (let from = 0; from < LENGTH; from += ids.length) {
    const count = Math.min(ids.length, LENGTH - from);
    let largest = 0;
    for (let i = 0; i < count; i++) {
      ids[i] = idAt(from + i);
      largest = Math.max(largest, ids[i]);
    }
    store.append(ids, count, largest + 1);
  }
  return store;
}

describe.each([
  ['memory', {}],
  ['a file', { memoryLimit: 0 }],
  ['both', { memoryLimit: 3 * BLOCK }],
])('a token store in %s', (_, options) => {
  it('gives back what went in, at any place and stride', () => {
    const folder = temporaryFolder();
    const store = filled({ ...options, scratch: folder });
    expect(store.length).toBe(LENGTH);
    expect(fs.readdirSync(folder)).toEqual([]);
    const target = new Int32Array(3000).fill(-1);
    for (const start of [0, BLOCK - 500, BLOCK, 2 * BLOCK - 1, 3 * BLOCK - 999, LENGTH - 1000]) {
      store.read(start, 1000, target, 1, 3);
      for (let i = 0; i < 1000; i++) {
        if (target[1 + 3 * i] !== idAt(start + i) || target[3 * i] !== -1) expect.fail(`at ${start} + ${i}`);
      }
    }
  });

  it('gives mapped ids', () => {
    const store = filled(options);
    const table = Uint32Array.from({ length: 1_000_000 }, (_, id) => 2 * id + 1);
    store.map(table);
    const target = new Int32Array(LENGTH);
    store.read(0, LENGTH, target, 0);
    expect(target.every((id, position) => id === 2 * idAt(position) + 1)).toBe(true);
  });

  it('has slices, and bounds', () => {
    const store = filled(options);
    const slice = sliceTokens(store, BLOCK - 10, 20);
    const target = new Int32Array(20);
    slice.read(5, 15, target, 0);
    expect([...target.subarray(0, 15)]).toEqual(Array.from({ length: 15 }, (_, i) => idAt(BLOCK - 5 + i)));
    expect(() => slice.read(6, 15, target, 0)).toThrow(RangeError);
    expect(() => store.read(LENGTH - 5, 6, target, 0)).toThrow(RangeError);
    expect(() => store.read(-1, 1, target, 0)).toThrow(RangeError);
  });
});

it('a token store says where it found no room', () => {
  expect(() => filled({ memoryLimit: 0, scratch: '/nowhere' })).toThrow(RunError);
  expect(() => filled({ memoryLimit: 0, scratch: '/nowhere' })).toThrow(/can't be kept in \/nowhere/);
});
