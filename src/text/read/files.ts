/** Finds the text files of a corpus and reads them, piece by piece, as valid UTF-8. */

import { isUtf8 } from 'node:buffer';
import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { InputError, option } from '../../errors.ts';
import { sequenceSize } from '../utf8.ts';

const CHUNK_BYTES = 1 << 20;
const HEAD_BYTES = 1 << 16;

export interface TextFiles {
  files: string[];
  /** Files of a folder that are empty or not text. */
  skipped: string[];
}

/**
 * The files that `paths` name, in order. A folder stands for its text files and those of its folders, sorted by name, without
 * hidden ones; symbolic links to files are followed, to folders not.
 *
 * @throws InputError for a path that does not exist or can't be read, or a folder without a text file.
 */
export async function findTextFiles(paths: readonly string[]): Promise<TextFiles> {
  const found: TextFiles = { files: [], skipped: [] };
  for (const name of paths) {
    const stat = await readable(name, () => fs.stat(name));
    if (!stat.isDirectory()) {
      found.files.push(name);
      continue;
    }
    const before = found.files.length;
    await walk(name, found);
    if (found.files.length === before) {
      throw new InputError(`Folder ${name} holds no text file; name a folder of UTF-8 text files.`);
    }
  }
  return found;
}

async function walk(folder: string, found: TextFiles): Promise<void> {
  const entries = await readable(folder, () => fs.readdir(folder, { withFileTypes: true }));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) await walk(name, found);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(name)))) {
      (await isText(name)) ? found.files.push(name) : found.skipped.push(name);
    }
  }
}

async function isFile(name: string): Promise<boolean> {
  return fs.stat(name).then(
    (stat) => stat.isFile(),
    () => false,
  );
}

async function isText(name: string): Promise<boolean> {
  const file = await readable(name, () => fs.open(name));
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await readable(name, () => file.read(head, 0, HEAD_BYTES, 0));
    return bytesRead > 0 && binaryReason(head.subarray(0, bytesRead)) === undefined;
  } finally {
    await file.close();
  }
}

/**
 * The bytes of a text file in pieces of whole code points, each valid until the next is asked for. A byte-order mark at the
 * start is left out. What the file gains after it was opened is not read.
 *
 * @param lossy puts U+FFFD in the place of what is not UTF-8, as WHATWG's Encoding Standard has it, where it is
 *   otherwise an error.
 * @throws InputError if the file is missing, unreadable, empty, binary, shortened while it is read, or not UTF-8.
 */
export async function* readText(name: string, lossy: boolean): AsyncGenerator<Uint8Array> {
  const file = await readable(name, () => fs.open(name));
  try {
    const stat = await readable(name, () => file.stat());
    if (stat.isDirectory()) throw new InputError(`${name} is a folder; name a file in it.`);
    if (!stat.isFile() && !stat.isFIFO()) {
      throw new InputError(`${name} is neither a file nor a folder; name a UTF-8 text file.`);
    }
    // A pipe says no size.
    const size = stat.isFile() ? stat.size : Number.POSITIVE_INFINITY;
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    // The first `kept` bytes of the buffer are the start of a sequence that the chunk before cut.
    let kept = 0;
    for (let position = 0, last = false; !last; ) {
      const filled = await fill(file, name, buffer, kept, size - position);
      const atStart = position === 0;
      position += filled - kept;
      last = filled < buffer.length || position === size;
      if (last && position < size && stat.isFile()) {
        throw new InputError(
          `${name} was cut short at byte ${position} while it was read; run again when it is complete.`,
        );
      }
      const end = last ? filled : wholeSequences(buffer);
      let bytes = buffer.subarray(0, end);
      if (atStart) {
        checkHead(name, bytes);
        if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
      }
      if (isUtf8(bytes)) yield bytes;
      else if (lossy) yield Buffer.from(bytes.toString());
      else throw invalidUtf8(name, bytes, position - filled + bytes.byteOffset - buffer.byteOffset);
      kept = buffer.copy(buffer, 0, end, filled);
    }
  } finally {
    await file.close();
  }
}

/**
 * Fills the buffer from `offset` on, with at most `limit` bytes; returns where the content ends, short of the buffer's
 * end only at the file's.
 */
async function fill(file: FileHandle, name: string, buffer: Buffer, offset: number, limit: number): Promise<number> {
  const end = Math.min(buffer.length, offset + limit);
  while (offset < end) {
    const from = offset;
    const { bytesRead } = await readable(name, () => file.read(buffer, from, end - from, null));
    if (bytesRead === 0) break;
    offset += bytesRead;
  }
  return offset;
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
  if (bytes.length === 0 || (bytes.length === 3 && bytes.equals(Buffer.of(0xef, 0xbb, 0xbf)))) {
    throw new InputError(`${name} is empty; name a file with text in it.`);
  }
  const reason = binaryReason(bytes.subarray(0, HEAD_BYTES));
  if (reason !== undefined) throw new InputError(`${name} ${reason}; name a UTF-8 text file.`);
}

/**
 * Why the start of a file shows that it is not text, if it does: a byte-order mark of UTF-16, or control characters
 * other than tab, LF, FF, CR and ESC, more than 10 % of them, or more than 1 % where it is not UTF-8 either. A text
 * with some NULs is a text.
 */
function binaryReason(head: Uint8Array): string | undefined {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return 'is UTF-16, not UTF-8';
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
    `${name} is not UTF-8 at byte ${offset + byte} (0x${hex}); convert the file, or pass ${option('lossy', true)} to put U+FFFD in such places.`,
  );
}

async function readable<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new InputError(`There is no file or folder ${name}; check the path.`);
    }
    const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : (error as Error).message;
    throw new InputError(`${name} can't be read: ${why}; check the file.`);
  }
}
