/** Where bytes come from: a file, a pipe, the standard input, and what gzip packed in any of them. */

import fs from 'node:fs/promises';
import { InputError } from '../../errors.ts';

export interface Source {
  /** Writes the next bytes into a buffer from `offset` on, up to its end, and returns how many; 0 at the end of the input. */
  read(into: Buffer, offset: number): Promise<number>;
  close(): Promise<void>;
}

const CHUNK_BYTES = 1 << 20;

/** Opens the file `name`, or the standard input without a name. */
export async function openSource(name: string | undefined): Promise<Source> {
  if (name !== undefined) return openFile(name);
  if (process.stdin.readableEnded || process.stdin.destroyed) {
    throw new InputError('The standard input can be read once: name it once, or write it to a file.');
  }
  return fromPieces(process.stdin);
}

async function openFile(name: string): Promise<Source> {
  const file = await fs.open(name);
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw new InputError(`${name} is a folder; name a file in it.`);
    if (!stat.isFile() && !stat.isFIFO()) {
      throw new InputError(`${name} is neither a file nor a folder; name a UTF-8 text file.`);
    }
    // A pipe says no size.
    const size = stat.isFile() ? stat.size : Number.POSITIVE_INFINITY;
    let position = 0;
    return {
      async read(into, offset) {
        const most = Math.min(into.length - offset, size - position);
        if (most === 0) return 0;
        const { bytesRead } = await file.read(into, offset, most, null);
        if (bytesRead === 0 && stat.isFile()) {
          throw new InputError(
            `${name} was cut short at byte ${position} while it was read; run again when it is complete.`,
          );
        }
        position += bytesRead;
        return bytesRead;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function fromPieces(pieces: AsyncIterable<Buffer | string>): Source {
  const iterator = pieces[Symbol.asyncIterator]();
  let open = Buffer.alloc(0);
  return {
    async read(into, offset) {
      while (open.length === 0) {
        const { value, done } = await iterator.next();
        if (done) return 0;
        open = Buffer.from(value);
      }
      const count = open.copy(into, offset);
      open = open.subarray(count);
      return count;
    },
    async close() {
      await iterator.return?.();
    },
  };
}

/** Whether bytes begin as gzip (RFC 1952) begins, which no UTF-8 does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What gzip packed in `head` and what `source` has after it. */
export async function unzip(source: Source, head: Buffer): Promise<Source> {
  const [{ createGunzip }, { pipeline, Readable }] = await Promise.all([import('node:zlib'), import('node:stream')]);
  async function* packed(): AsyncGenerator<Buffer> {
    yield head;
    for (;;) {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      const count = await source.read(buffer, 0);
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  }
  // The reader of what comes out hears of a failure.
  const unpacked = pipeline(
    Readable.from(packed(), { highWaterMark: 1 }),
    createGunzip({ chunkSize: CHUNK_BYTES }),
    () => {},
  );
  const { read, close } = fromPieces(unpacked);
  return {
    read,
    async close() {
      await close();
      await source.close();
    },
  };
}

/** The beginning of what gzip packed, by the beginning of that; empty if it is damaged. */
export async function gunzipHead(head: Uint8Array): Promise<Uint8Array> {
  const { constants, gunzipSync } = await import('node:zlib');
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 30 });
  } catch {
    return new Uint8Array(0);
  }
}
