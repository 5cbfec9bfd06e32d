/** Finds the text files of a corpus and reads them, piece by piece, as valid UTF-8. */

import { isUtf8 } from 'node:buffer';
import fs from 'node:fs/promises';
import { InputError, option } from '../../errors.ts';
import { createNormalizer, type UnicodeForm } from '../tokens/index.ts';
import { sequenceSize } from '../utf8.ts';
import { gunzipHead, isGzip, openSource, type Source, unzip } from './source.ts';

/** What stands for the standard input among the names of files. */
export const STDIN = '-';

const CHUNK_BYTES = 1 << 20;
const HEAD_BYTES = 1 << 16;
/** The byte-order mark. */
const MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** What sentences call a file, at their beginning. */
export function fileName(name: string): string {
  return name === STDIN ? 'The standard input' : name;
}

/** Whether a file of a folder is a text, by its beginning. */
export async function isText(name: string): Promise<boolean> {
  const file = await readable(name, () => fs.open(name));
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await readable(name, () => file.read(buffer, 0, HEAD_BYTES, 0));
    const bytes = buffer.subarray(0, bytesRead);
    const head = isGzip(bytes) ? await gunzipHead(bytes) : bytes;
    return head.length > 0 && binaryReason(head) === undefined;
  } finally {
    await file.close();
  }
}

/**
 * The bytes of a text file in pieces of whole code points, each valid until the next is asked for; those of a pipe come as they are
 * written. What gzip packed is unpacked. A byte-order mark at the start is left out. What the file gains after it was opened is not read.
 *
 * @param lossy puts U+FFFD in the place of what is not UTF-8, as WHATWG's Encoding Standard has it, where it is
 *   otherwise an error.
 * @throws InputError if the file is missing, unreadable, empty, binary, shortened while it is read, or not UTF-8.
 */
export async function* readText(name: string, lossy: boolean): AsyncGenerator<Uint8Array> {
  let source = await readable(name, () => openSource(name === STDIN ? undefined : name));
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let filled = await readHead(source, name, buffer);
    if (isGzip(buffer.subarray(0, filled))) {
      source = await unzip(source, Buffer.from(buffer.subarray(0, filled)));
      filled = await readHead(source, name, buffer);
    }
    checkHead(name, buffer.subarray(0, filled));
    let start = MARK.equals(buffer.subarray(0, 3)) ? 3 : 0;
    /** Where the first byte of the buffer is in the text. */
    let position = 0;
    for (let ended = false; !ended; ) {
      const end = wholeSequences(buffer.subarray(0, filled));
      if (end > start) yield utf8(name, buffer.subarray(start, end), position + start, lossy);
      // The start of a sequence that the piece has cut.
      const kept = buffer.copy(buffer, 0, end, filled);
      const count = await readable(name, () => source.read(buffer, kept));
      position += end;
      start = 0;
      filled = kept + count;
      ended = count === 0;
    }
    if (filled > 0) yield utf8(name, buffer.subarray(0, filled), position, lossy);
  } finally {
    await source.close();
  }
}

/** How texts are read. */
export interface ReadingOptions {
  /** Put U+FFFD in the place of bytes that are not UTF-8, instead of refusing the file. */
  lossy?: boolean | undefined;
  /** Brings the text into this normalization form. */
  unicode?: UnicodeForm | undefined;
}

/** The bytes of a file as `readText` gives them, in a normalization form if one is asked for; `onText` is given them as they were. */
export async function* readPieces(
  name: string,
  { lossy = false, unicode }: ReadingOptions,
  onText: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const normalizer = unicode && createNormalizer(unicode);
  for await (const bytes of readText(name, lossy)) {
    onText(bytes);
    yield normalizer ? normalizer.piece(bytes) : bytes;
  }
  if (normalizer) yield normalizer.end();
}

/** Bytes that tell what an input is, a gzip file or one with a byte-order mark. */
const TELLING = 3;

/** Reads until that many bytes are there, or all; returns how many. */
async function readHead(source: Source, name: string, buffer: Buffer): Promise<number> {
  let filled = 0;
  while (filled < TELLING) {
    const count = await readable(name, () => source.read(buffer, filled));
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** `bytes`, which are at `offset` in the text, as UTF-8. */
function utf8(name: string, bytes: Buffer, offset: number, lossy: boolean): Uint8Array {
  if (isUtf8(bytes)) return bytes;
  if (lossy) return Buffer.from(bytes.toString());
  throw invalidUtf8(name, bytes, offset);
}

/** Where the last sequence begins that the end of `bytes` may cut; `bytes.length` if it cuts none. */
function wholeSequences(bytes: Uint8Array): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      return sequenceSize(byte) > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function checkHead(name: string, bytes: Buffer): void {
  if (bytes.length === 0 || bytes.equals(MARK)) {
    throw new InputError(`${fileName(name)} is empty; name a file with text in it.`);
  }
  const reason = binaryReason(bytes.subarray(0, HEAD_BYTES));
  if (reason !== undefined) throw new InputError(`${fileName(name)} ${reason}; name a UTF-8 text file.`);
}

/** What else people keep texts in, by its first bytes. */
const PACKED: readonly (readonly [string, readonly number[]])[] = [
  ['a ZIP archive', [0x50, 0x4b, 0x03, 0x04]],
  ['packed by xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['packed by zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['a PDF', [0x25, 0x50, 0x44, 0x46, 0x2d]],
];

/**
 * Why the start of a file shows that it is not text, if it does: a byte-order mark of UTF-16, or control characters
 * other than tab, LF, FF, CR and ESC, more than 10 % of them, or more than 1 % where it is not UTF-8 either. A text
 * with some NULs is a text.
 */
function binaryReason(head: Uint8Array): string | undefined {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return 'is UTF-16, not UTF-8';
  const packed = PACKED.find(([, magic]) => magic.every((byte, i) => head[i] === byte));
  if (packed) return `is ${packed[0]}`;
  let controls = 0;
  for (const byte of head) {
    const usual = byte === 0x09 || byte === 0x0a || byte === 0x0c || byte === 0x0d || byte === 0x1b;
    if ((byte < 0x20 && !usual) || byte === 0x7f) controls++;
  }
  const allowed = isUtf8(head.subarray(0, wholeSequences(head))) ? 0.1 : 0.01;
  return controls > allowed * head.length ? 'looks like a binary file' : undefined;
}

/** `offset` is the place of `bytes` in the file. */
function invalidUtf8(name: string, bytes: Buffer, offset: number): InputError {
  // Up to the first replacement that does not stand for itself, the text takes as many bytes again as it took.
  const text = bytes.toString();
  let at = -1;
  let byte = 0;
  do {
    const next = text.indexOf('\ufffd', at + 1);
    byte += Buffer.byteLength(text.slice(Math.max(at, 0), next));
    at = next;
  } while (bytes[byte] === 0xef && bytes[byte + 1] === 0xbf && bytes[byte + 2] === 0xbd);
  const hex = bytes[byte].toString(16).padStart(2, '0');
  return new InputError(
    `${fileName(name)} is not UTF-8 at byte ${offset + byte} (0x${hex}); convert the file, or pass ${option('lossy', true)} to put U+FFFD in such places.`,
  );
}

/** Does something with a file, whose failures become sentences. */
export async function readable<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new InputError(`There is no file or folder ${name}; check the path.`);
    }
    if (code?.startsWith('Z_')) {
      throw new InputError(`${fileName(name)} is no whole gzip file: ${(error as Error).message}; restore it.`);
    }
    const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : (error as Error).message;
    throw new InputError(`${fileName(name)} can't be read: ${why}; check the file.`);
  }
}
