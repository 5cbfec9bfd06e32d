/**
 * Takes the disk away from runs under way: full, read-only, or the folder gone; then the last checkpoint must be whole,
 * and going on from it must give the bits of the run that nothing happened to. Needs to be root on Linux, to mount file
 * systems of its own.
 *
 *     sudo npm run test:disk
 */

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { loadRun } from '../../src/run/index.ts';
import { contents, RUN, SCENARIOS, SMALL } from './killing.ts';
import { type Ended, lm } from './process.ts';

const { text, flags } = SCENARIOS['lines, GRU'];
/** So many steps that their metrics alone take more than is left of the disk. */
const TRAIN = ['train', 'text.txt', '--out', RUN, ...SMALL, ...flags, '--steps', '300', '--json'];
/** Step at which the disk is taken away. */
const STEP = 30;

const base = mkdtempSync(join(tmpdir(), 'gatelm-disk-'));
const mounted: string[] = [];
let failures = 0;

function mount(...words: string[]): void {
  execFileSync('mount', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Also where another program looks at it just then. */
function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder]);
}

/** A folder with the text on a file system of a megabyte. */
function place(name: string): string {
  const cwd = join(base, name);
  mkdirSync(cwd);
  mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', cwd);
  mounted.push(cwd);
  writeFileSync(join(cwd, 'text.txt'), text);
  mkdirSync(join(cwd, RUN));
  return cwd;
}

/** Trains in `cwd`, and calls `disturb` when `STEP` steps are done. */
function disturbed(cwd: string, disturb: () => void): Promise<Ended> {
  let done = false;
  return lm(TRAIN, cwd, {
    onSteps(steps) {
      if (steps < STEP || done) return;
      done = true;
      disturb();
    },
  });
}

/** Fills the file system but for `left` bytes. */
function fill(cwd: string, left: number): void {
  const filler = join(cwd, 'filler');
  try {
    writeFileSync(filler, Buffer.alloc(2 ** 20));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  truncateSync(filler, Math.max(0, statSync(filler).size - left));
}

function check(what: string, holds: boolean, about: unknown): void {
  console.log(`${holds ? 'ok' : 'FAILED'}: ${what}`);
  if (holds) return;
  failures++;
  console.log(about);
}

/** The run ended with `message` and a whole checkpoint, and goes on from it as if nothing had happened. */
async function checkRecovery(what: string, cwd: string, ended: Ended, message: RegExp, whole: object): Promise<void> {
  check(`${what}: exit 1, and ${ended.stderr.trim()}`, ended.status === 1 && message.test(ended.stderr), ended);
  loadRun(join(cwd, RUN));
  const rest = await lm(['train', '--resume', RUN], cwd);
  check(`${what}: goes on`, rest.status === 0, rest);
  check(`${what}: the same bits`, isDeepStrictEqual(contents(cwd), whole), '');
}

async function main(): Promise<void> {
  const steady = place('steady');
  const ended = await lm(TRAIN, steady);
  check('a run that nothing happens to', ended.status === 0, ended);
  const whole = contents(steady);

  for (const left of [0, 4096, 8192, 16384, 24576]) {
    const cwd = place(`full-${left}`);
    const ended = await disturbed(cwd, () => fill(cwd, left));
    rmSync(join(cwd, 'filler'));
    await checkRecovery(`${left} bytes left on the disk`, cwd, ended, /no space left on the disk.*--resume/, whole);
  }

  const cwd = place('read-only');
  const run = join(cwd, RUN);
  const readOnly = await disturbed(cwd, () => {
    // Over the folder, as a file system with a file open for writing can't be made read-only itself.
    mount('--bind', run, run);
    mounted.push(run);
    mount('-o', 'remount,bind,ro', run);
  });
  const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  const refused = await lm(['train', '--resume', RUN], cwd);
  check('a read-only folder is not written to', readFileSync(join(run, 'metrics.jsonl'), 'utf8') === metrics, refused);
  check(`and says so: ${refused.stderr.trim()}`, refused.status === 1 && /read-only/.test(refused.stderr), refused);
  unmount(mounted.pop()!);
  await checkRecovery('a folder made read-only', cwd, readOnly, /file system is read-only.*--resume/, whole);

  const gone = place('gone');
  const lost = await disturbed(gone, () => {
    renameSync(join(gone, RUN), join(gone, 'deleted'));
    rmSync(join(gone, 'deleted'), { recursive: true });
  });
  check(
    `a deleted folder: ${lost.stderr.trim()}`,
    lost.status === 1 && /folder does not exist/.test(lost.stderr),
    lost,
  );
  check('and stays away', !existsSync(join(gone, RUN)), '');
}

if (process.getuid?.() !== 0 || process.platform !== 'linux') {
  console.log('Not run: mounting a small file system takes root, on Linux.');
} else {
  try {
    await main();
  } catch (error) {
    check('no other error', false, error);
  } finally {
    for (const folder of mounted.reverse()) unmount(folder);
    rmSync(base, { recursive: true });
  }
  console.log(failures === 0 ? 'All as it should be.' : `${failures} checks failed.`);
  process.exitCode = failures === 0 ? 0 : 1;
}
