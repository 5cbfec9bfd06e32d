/**
 * Rows of token ids far longer than a model's memory. Ids come in as numbers of types (see tokens/scanner.ts) and are kept in blocks of
 * a million, each in the smallest unsigned integer that fits; blocks past a limit go to a file. Reading maps them to the
 * ids of the vocabulary, so that nothing is written twice.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RunError } from '../../errors.ts';
import type { TokenStore } from '../types.ts';

export interface StoreOptions {
  /** Bytes of tokens kept in memory; 64 MB by default. */
  memoryLimit?: number;
  /** Folder for the file that holds the rest; the system's temporary folder by default. */
  scratch?: string;
}

export interface GrowingTokenStore extends TokenStore {
  /** Appends the first `count` of `ids`, all below `bound`. */
  append(ids: Int32Array, count: number, bound: number): void;
  /** From now on, `read` gives `table[id]` for each id that was appended. */
  map(table: Uint32Array): void;
}

const BLOCK = 1 << 20;

type Block = Uint8Array | Uint16Array | Uint32Array;
/** Where a block is in the file, and the bytes of an id. */
interface FileBlock {
  position: number;
  width: 1 | 2 | 4;
}

export function createTokenStore({ memoryLimit = 64e6, scratch = os.tmpdir() }: StoreOptions = {}): GrowingTokenStore {
  const blocks: (Block | FileBlock)[] = [];
  // The last block, still open.
  const tail = new Int32Array(BLOCK);
  let length = 0;
  let memory = 0;
  let file: ScratchFile | undefined;
  let table: Uint32Array | undefined;

  const closeBlock = (bound: number): void => {
    const block = narrow(tail, bound);
    if (memory + block.byteLength <= memoryLimit) {
      blocks.push(block);
      memory += block.byteLength;
      return;
    }
    file ??= createScratchFile(scratch);
    blocks.push({ position: file.append(block), width: block.BYTES_PER_ELEMENT as FileBlock['width'] });
  };

  return {
    get length() {
      return length;
    },
    append(ids, count, bound) {
      for (let from = 0; from < count; ) {
        const open = length % BLOCK;
        const part = Math.min(count - from, BLOCK - open);
        tail.set(ids.subarray(from, from + part), open);
        from += part;
        length += part;
        if (length % BLOCK === 0) closeBlock(bound);
      }
    },
    map(mapping) {
      table = mapping;
    },
    read(start, count, target, offset, stride = 1) {
      if (start < 0 || start + count > length) throw new RangeError(`Tokens ${start} + ${count} of ${length}`);
      while (count > 0) {
        const open = start % BLOCK;
        const part = Math.min(count, BLOCK - open);
        const number = Math.floor(start / BLOCK);
        const block = number < blocks.length ? blocks[number] : tail;
        // Without a view of the block, as documents are many and short.
        const kept = ArrayBuffer.isView(block);
        const from = kept ? block : file!.read(block, open, part);
        const first = kept ? open : 0;
        if (table === undefined) for (let i = 0; i < part; i++) target[offset + i * stride] = from[first + i];
        else for (let i = 0; i < part; i++) target[offset + i * stride] = table[from[first + i]];
        start += part;
        count -= part;
        offset += part * stride;
      }
    },
    close() {
      file?.close();
      file = undefined;
    },
  };
}

/** The tokens from `start` on, `length` of them, as a store of their own; closing it does nothing. */
export function sliceTokens(tokens: TokenStore, start: number, length: number): TokenStore {
  return {
    length,
    read(from, count, target, offset, stride) {
      if (from < 0 || from + count > length) throw new RangeError(`Tokens ${from} + ${count} of ${length}`);
      tokens.read(start + from, count, target, offset, stride);
    },
    close() {},
  };
}

/** Ranges [start, end) of tokens, of which there is at least one, one after the other as a store of their own; closing it does nothing. */
export function joinTokens(tokens: TokenStore, ranges: readonly (readonly [number, number])[]): TokenStore {
  if (ranges.length === 1) return sliceTokens(tokens, ranges[0][0], ranges[0][1] - ranges[0][0]);
  /** Where each range ends in the whole. */
  const ends = new Float64Array(ranges.length);
  let length = 0;
  ranges.forEach(([start, end], i) => {
    length += end - start;
    ends[i] = length;
  });
  /** The range that the token at `position` is in. */
  const rangeAt = (position: number): number => {
    let low = 0;
    for (let high = ends.length - 1; low < high; ) {
      const middle = (low + high) >> 1;
      if (ends[middle] > position) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return {
    length,
    read(from, count, target, offset, stride = 1) {
      if (from < 0 || from + count > length) throw new RangeError(`Tokens ${from} + ${count} of ${length}`);
      for (let i = rangeAt(from); count > 0; i++) {
        const part = Math.min(count, ends[i] - from);
        tokens.read(ranges[i][1] - (ends[i] - from), part, target, offset, stride);
        from += part;
        count -= part;
        offset += part * stride;
      }
    },
    close() {},
  };
}

/** A copy of ids below `bound`. */
function narrow(ids: Int32Array, bound: number): Block {
  const Type = bound <= 2 ** 8 ? Uint8Array : bound <= 2 ** 16 ? Uint16Array : Uint32Array;
  const block = new Type(ids.length);
  block.set(ids);
  return block;
}

interface ScratchFile {
  /** Returns the position of the block. */
  append(block: Block): number;
  /** Ids `start` to `start + count` of a block, valid until the next call. */
  read(block: FileBlock, start: number, count: number): Block;
  close(): void;
}

/** A file without a name, so that it goes with the process however that ends. */
function createScratchFile(folder: string): ScratchFile {
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new RunError(
        `The tokens of this corpus do not fit in memory and can't be kept in ${folder} (${(error as Error).message}); free some space there, or set TMPDIR to another folder.`,
      );
    }
  };
  const descriptor = attempt(() => {
    const name = path.join(fs.mkdtempSync(path.join(folder, 'gatelm-')), 'tokens');
    const opened = fs.openSync(name, 'wx+', 0o600);
    fs.rmSync(path.dirname(name), { recursive: true });
    return opened;
  });
  let size = 0;
  let buffer = new ArrayBuffer(1 << 12);
  return {
    append(block) {
      const bytes = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
      const position = size;
      attempt(() => {
        for (let written = 0; written < bytes.length; ) {
          written += fs.writeSync(descriptor, bytes, written, bytes.length - written, position + written);
        }
      });
      size += bytes.length;
      return position;
    },
    read({ position, width }, start, count) {
      if (buffer.byteLength < count * width) buffer = new ArrayBuffer(count * width);
      const bytes = new Uint8Array(buffer, 0, count * width);
      for (let done = 0; done < bytes.length; ) {
        const part = fs.readSync(descriptor, bytes, done, bytes.length - done, position + start * width + done);
        if (part === 0) throw new RunError(`The tokens kept in ${folder} were cut short; run again.`);
        done += part;
      }
      return width === 1 ? bytes : width === 2 ? new Uint16Array(buffer, 0, count) : new Uint32Array(buffer, 0, count);
    },
    close: () => fs.closeSync(descriptor),
  };
}
