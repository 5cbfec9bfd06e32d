/** Writing files so that neither a reader nor a crash ever sees half of one, and reading them with clear errors. */

import { constants } from 'node:buffer';
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError, RunError } from '../errors.ts';

/**
 * Replaces `path` in one go: written to a temporary name beside it, synced, renamed, and the folder synced. On failure the old
 * file is as it was, the temporary one is gone, and a RunError says why.
 */
export function writeFileAtomic(path: string, parts: string | readonly Uint8Array[]): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      for (const part of typeof parts === 'string' ? [Buffer.from(parts)] : parts) writeAll(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    remove(temporary);
    throw writeError(path, error);
  }
}

/** The error for a file of a run that could not be written. */
export function writeError(path: string, error: unknown): RunError {
  const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return new RunError(`Can't write ${path}: ${gone ? 'its folder does not exist' : reason(error)}.`, { cause: error });
}

/** Removes a file that nobody needs; where that fails, whoever needs the disk next will say so. */
export function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It does no harm.
  }
}

export function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/** Makes a rename in the folder outlast a power cut. Windows can't sync a folder, and renames durably without. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Longest JSON file of a run: a vocabulary of four million tokens, or a corpus of half a million files. */
export const MOST_TEXT_BYTES = 2 ** 27;
/** Bytes asked for at once; the system gives less than 2^31. */
const PIECE = 2 ** 30;

/** The bytes of a file of a run; an InputError if it is missing, no file, unreadable, or longer than `most`. */
export function readRunFile(path: string, most: number = constants.MAX_LENGTH): Buffer {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new Error(REASONS.EISDIR);
    if (!stat.isFile()) throw new Error('it is no file');
    if (stat.size > most) throw new Error(`its ${stat.size} bytes are more than the ${most} that can be read`);
    const file = openSync(path, 'r');
    try {
      // Not readFileSync, which ends at 2 GiB.
      const bytes = Buffer.allocUnsafeSlow(stat.size);
      for (let done = 0; done < bytes.length; ) {
        const read = readSync(file, bytes, done, Math.min(PIECE, bytes.length - done), null);
        if (read === 0) throw new Error('it was cut short meanwhile');
        done += read;
      }
      return bytes;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new InputError(`Can't read ${path}: ${reason(error)}.`, { cause: error });
  }
}

/** The text of a JSON file of a run. */
export function readRunText(path: string): string {
  return readRunFile(path, MOST_TEXT_BYTES).toString('utf8');
}

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be longer than the system allows',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  EMFILE: 'too many open files',
  EIO: 'the disk failed',
};

/** A system error in words. */
export function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
