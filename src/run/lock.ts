/**
 * One process at a time trains in a run's folder. Each puts an empty file there whose name says which process it is,
 * and only then looks for those of others: of two that begin at once, one at least sees the other. What a killed
 * process left names a process that is no more, and no later one has the same name, so it is removed without a word.
 */

import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InputError, RunError } from '../errors.ts';
import { reason, remove } from './files.ts';

/** A machine, a process on it, and when that process began. */
const NAME = /^lock\.([\w.-]+)\.([1-9]\d*)\.(\d+)$/;

/**
 * Keeps other processes from training in `folder`, until the function that it returns is called or this process ends.
 *
 * @throws InputError when another process trains there, RunError when nothing can be written there.
 */
export function lockFolder(folder: string): () => void {
  const began = startOf(process.pid)?.began ?? Math.round(performance.timeOrigin);
  const file = `lock.${machine()}.${process.pid}.${began}`;
  const path = join(folder, file);
  try {
    closeSync(openSync(path, 'wx'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw inUse(folder, file);
    throw new RunError(`Can't write into ${folder}: ${reason(error)}.`, { cause: error });
  }
  const unlock = (): void => {
    process.off('exit', unlock);
    remove(path);
  };
  process.on('exit', unlock);
  try {
    refuseLocked(folder, file);
  } catch (error) {
    unlock();
    throw error;
  }
  return unlock;
}

/** Whether a process trains in `folder`; of another machine's, as far as its lock says so. */
export function isTraining(folder: string): boolean {
  return listFiles(folder).some((file) => {
    const [, host, pid, began] = NAME.exec(file) ?? [];
    return host !== undefined && (host !== machine() || isRunning(Number(pid), Number(began)));
  });
}

/** Throws an InputError when a process trains in `folder`, other than the one whose lock is `own`. */
export function refuseLocked(folder: string, own?: string): void {
  for (const file of listFiles(folder)) {
    const [, host, pid, began] = NAME.exec(file) ?? [];
    if (host === undefined || file === own) continue;
    if (host !== machine() || isRunning(Number(pid), Number(began))) throw inUse(folder, file);
    remove(join(folder, file));
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new RunError(`Can't read the folder ${folder}: ${reason(error)}.`, { cause: error });
  }
}

function inUse(folder: string, file: string): InputError {
  const [, host, pid] = NAME.exec(file) ?? [];
  const here = host === machine();
  const stop = here ? `stop it with kill ${pid}, which makes it write a checkpoint` : 'stop it there';
  const where = here ? '' : ` of the machine ${host}`;
  // Another machine's processes can't be asked, nor can the system say everywhere when one began.
  const left = here && startOf(process.pid) ? '' : `; if no such training runs any more, remove ${join(folder, file)}`;
  return new InputError(
    `${folder} is in use, as process ${pid}${where} trains there: wait for its end, or ${stop}${left}.`,
  );
}

function machine(): string {
  return (
    hostname()
      .replace(/[^\w.-]/g, '_')
      .slice(0, 100) || '_'
  );
}

/** Whether there is a process with this number that began then; where the system does not say when, any with this number. */
function isRunning(pid: number, began: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It may be another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const start = startOf(pid);
  return start === undefined || (start.began === began && !start.ended);
}

/**
 * When a process began, in the system's ticks since it was started, and whether it has ended and only its parent does
 * not know yet.
 */
function startOf(pid: number): { began: number; ended: boolean } | undefined {
  try {
    // proc(5): the second field is a name in brackets, and may hold anything; the third is the state, the 22nd the start.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { began: Number(fields[19]), ended: 'ZX'.includes(fields[0]) };
  } catch {
    return undefined;
  }
}
