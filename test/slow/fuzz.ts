/**
 * Reads many damaged files of a run, with a watch on time and memory.
 *
 *     npm run test:fuzz -- --count 100000 --seed 1
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { fuzz, makeRuns } from './fuzzing.ts';

/** Most processor time that a file may take to be read, and most that the process may grow, however many it reads. */
const SECONDS = 1;
const MEGABYTES = 400;
/** A file that takes longer is taken for one that is never done. */
const HANG_SECONDS = 30;

interface Work {
  folder: string;
  seed: number;
  count: number;
  /** The case in hand, for the thread that watches. */
  progress: SharedArrayBuffer;
}

if (isMainThread) await main();
else work(workerData as Work);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  });
  const [count, seed] = [Number(values.count), Number(values.seed)];
  const folder = mkdtempSync(join(tmpdir(), 'gatelm-fuzz-'));
  await makeRuns(folder);
  const progress = new SharedArrayBuffer(4);
  const cases = new Int32Array(progress);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { folder, seed, count, progress } satisfies Work,
    execArgv: ['--import', 'tsx'],
  });
  // A reader that hangs can't look at the clock.
  let seen = -1;
  const watch = setInterval(() => {
    if (cases[0] === seen && seen > 0) {
      console.error(`Case ${seen} of seed ${seed} took longer than ${HANG_SECONDS} s; the files are in ${folder}.`);
      process.exit(1);
    }
    seen = cases[0];
  }, 1000 * HANG_SECONDS);
  worker.on('error', (error) => {
    clearInterval(watch);
    console.error(`${error.message}; the files are in ${folder}.`);
    process.exitCode = 1;
  });
  worker.on('exit', (code) => {
    clearInterval(watch);
    if (code === 0) rmSync(folder, { recursive: true });
  });
}

/** Not by the clock, which runs on while other processes have the processor or the disk. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function work({ folder, seed, count, progress }: Work): void {
  const cases = new Int32Array(progress);
  const start = performance.now();
  const memory = process.memoryUsage.rss();
  let before = cpuSeconds();
  let slowest = 0;
  let peak = 0;
  const { refused, same } = fuzz(folder, seed, 0, count, (i) => {
    const now = cpuSeconds();
    slowest = Math.max(slowest, now - before);
    peak = Math.max(peak, process.memoryUsage.rss() - memory);
    before = now;
    Atomics.store(cases, 0, i);
    if (slowest > SECONDS) throw new Error(`Case ${i - 1} of seed ${seed} took ${slowest.toFixed(1)} s`);
    if (peak > MEGABYTES * 2 ** 20) throw new Error(`Case ${i - 1} of seed ${seed} grew the process to ${peak} bytes`);
  });
  const seconds = ((performance.now() - start) / 1000).toFixed();
  console.log(
    `${count} damaged files in ${seconds} s: ${refused} refused, ${same} read to the same content; the slowest took ${(1000 * slowest).toFixed()} ms, memory grew by ${(peak / 2 ** 20).toFixed()} MB at most.`,
  );
}
