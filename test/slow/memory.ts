/**
 * Trains for some minutes, with evaluations, samples and checkpoints, and checks that the process's memory stays flat.
 *
 *     npm run test:memory -- --minutes 30
 */

import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lm } from './process.ts';

/** Most growth allowed, between the second tenth of the run and the last. */
const GROWTH = 0.05;
const LOOK_EVERY_MILLISECONDS = 250;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Number(values.minutes);

/** Resident memory of a process in megabytes; `undefined` when it has ended. */
function residentMemory(pid: number): number | undefined {
  try {
    if (process.platform === 'linux') {
      return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    }
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
  } catch {
    return undefined;
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

const cwd = mkdtempSync(join(tmpdir(), 'gatelm-memory-'));
const looks: number[] = [];
let watch: NodeJS.Timeout | undefined;
const onStart = ({ pid }: ChildProcess) => {
  watch = setInterval(() => {
    const megabytes = residentMemory(pid!);
    if (megabytes) looks.push(megabytes);
  }, LOOK_EVERY_MILLISECONDS);
};
const flags = `--minutes ${minutes} --hidden 64 --eval-every 50 --checkpoint-every 20 --out run`.split(' ');
// Without --json there are samples at evaluations, if it believes in its terminal.
const before = 'export NODE_OPTIONS=--import=data:text/javascript,process.stdout.isTTY=true';
const { status, stderr } = await lm(['train', ...flags], cwd, { before, onStart });
clearInterval(watch);
rmSync(cwd, { recursive: true });

const tenth = Math.floor(looks.length / 10);
const tenths = Array.from({ length: 10 }, (_, i) => median(looks.slice(i * tenth, (i + 1) * tenth)));
const growth = tenths[9] / tenths[1] - 1;
console.log(`Megabytes, by tenths of ${minutes} minutes: ${tenths.map((one) => one.toFixed(1)).join(', ')}`);
console.log(`From the second tenth to the last: ${(100 * growth).toFixed(1)} %, at most ${100 * GROWTH} % allowed.`);
if (status !== 0) console.log(`The run ended with ${status}: ${stderr}`);
process.exitCode = status === 0 && growth < GROWTH ? 0 : 1;
