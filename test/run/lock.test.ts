/** One process at a time in a run's folder, whatever another left there. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { lockFolder } from '../../src/run/lock.ts';
import { BIN, lm, TEXT, TINY } from '../cli/lm.ts';
import { temporaryFolder } from '../temporary.ts';

const system = vi.hoisted(() => ({ proc: true }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const readFileSync = (...words: Parameters<typeof fs.readFileSync>) => {
    if (!system.proc && String(words[0]).startsWith('/proc/')) throw new Error('no /proc');
    return fs.readFileSync(...words);
  };
  return { ...fs, readFileSync };
});

/** A folder with the lock of this process, but for what `change` makes of its host, process number and start. */
function locked(change: (host: string, pid: string, began: string) => string[]): { folder: string; file: string } {
  const folder = temporaryFolder();
  const unlock = lockFolder(folder);
  const [, host, pid, began] = /^lock\.(.+)\.(\d+)\.(\d+)$/.exec(readdirSync(folder)[0])!;
  unlock();
  expect(readdirSync(folder)).toEqual([]);
  const file = ['lock', ...change(host, pid, began)].join('.');
  writeFileSync(join(folder, file), '');
  return { folder, file };
}

function deadProcess(): string {
  return execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
}

describe('a lock', () => {
  it('keeps others out, this process too, until it is let go', () => {
    const folder = temporaryFolder();
    const unlock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(InputError);
    expect(() => lockFolder(folder)).toThrow(`${folder} is in use, as process ${process.pid} trains there`);
    unlock();
    lockFolder(folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a process that has ended is removed', () => {
    const { folder } = locked((host, _, began) => [host, deadProcess(), began]);
    lockFolder(folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.runIf(existsSync('/proc/self/stat'))('is not taken for that of a later process with its number', () => {
    const { folder, file } = locked((host, pid, began) => [host, pid, String(Number(began) - 1)]);
    system.proc = false;
    // Where the system does not say when a process began, it may be the same one.
    expect(() => lockFolder(folder)).toThrow(`if no such training runs any more, remove ${join(folder, file)}.`);
    system.proc = true;
    lockFolder(folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of another machine is left to the user', () => {
    const { folder, file } = locked((_, __, began) => ['elsewhere.example.org', deadProcess(), began]);
    expect(() => lockFolder(folder)).toThrow(InputError);
    expect(() => lockFolder(folder)).toThrow(
      /process \d+ of the machine elsewhere\.example\.org trains there: wait .* remove .*\/lock\.elsewhere/,
    );
    expect(readdirSync(folder)).toEqual([file]);
  });

  it('is no other file', () => {
    const folder = temporaryFolder();
    for (const name of ['lock', 'lock.a.0.0', 'lock.a.-1.1', 'lock.\x1b[2J.1.1', 'my.lock.a.1.1']) {
      writeFileSync(join(folder, name), '');
    }
    lockFolder(folder)();
    expect(readdirSync(folder)).toHaveLength(5);
  });
});

describe('a run that is being trained', () => {
  const locks = (cwd: string) => readdirSync(join(cwd, 'run')).filter((name) => name.startsWith('lock'));
  const train = ['train', 'text.txt', '--steps', '1000000', '--out', 'run', ...TINY, '--json'];

  it('is refused to a second process, and free once the first has ended or was killed', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'text.txt'), TEXT);
    const first = spawn(process.execPath, [BIN, ...train], { cwd });
    await once(first.stdout, 'data');
    first.stdout.resume();
    const { pid } = first;
    const refusal = {
      status: 2,
      stdout: '',
      stderr: `error: run is in use, as process ${pid} trains there: wait for its end, or stop it with kill ${pid}, which makes it write a checkpoint.\n`,
    };
    if (!existsSync('/proc/self/stat')) refusal.stderr = expect.stringContaining(`process ${pid} trains there`);
    for (const words of [['train', '--resume', 'run'], [...train, '--overwrite'], train]) {
      expect(await lm(words, { cwd })).toEqual(refusal);
    }
    expect(locks(cwd)).toHaveLength(1);
    first.kill('SIGKILL');
    await once(first, 'close');
    expect(locks(cwd)).toHaveLength(1);
    const { status, stderr } = await lm(['train', '--resume', 'run', '--json'], { cwd, stopAfter: '"event":"step"' });
    expect([status, stderr]).toEqual([130, expect.not.stringContaining('lock')]);
    expect(locks(cwd)).toEqual([]);
  });

  it('is let go after an error', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'text.txt'), TEXT);
    await lm(['train', 'text.txt', '--steps', '1', '--out', 'run', ...TINY], { cwd });
    expect((await lm(['train', '--resume', 'run'], { cwd })).status).toBe(2);
    expect(locks(cwd)).toEqual([]);
  });
});
