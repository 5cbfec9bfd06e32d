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

/** Most growth allowed, from the end of the first tenth of the run to its end. */
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

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** Share by which the straight line fitted to `numbers` rises: memory swings by much more between two garbage collections. */
function rise(numbers: readonly number[]): number {
  const middle = (numbers.length - 1) / 2;
  const spread = numbers.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const slope = numbers.reduce((sum, number, i) => sum + (i - middle) * number, 0) / spread;
  return (slope * (numbers.length - 1)) / (mean(numbers) - slope * middle);
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
const flags = `--minutes ${minutes} --eval-every 50 --checkpoint-every 20 --out run`.split(' ');
// Without --json there are samples at evaluations, if it believes in its terminal.
const before = 'export NODE_OPTIONS=--import=data:text/javascript,process.stdout.isTTY=true';
const { status, stderr } = await lm(['train', ...flags], cwd, { before, onStart });
clearInterval(watch);
rmSync(cwd, { recursive: true });

const tenth = Math.floor(looks.length / 10);
const tenths = Array.from({ length: 10 }, (_, i) => mean(looks.slice(i * tenth, (i + 1) * tenth)));
const growth = rise(looks.slice(tenth));
console.log(`Megabytes, by tenths of ${minutes} minutes: ${tenths.map((one) => one.toFixed(1)).join(', ')}`);
console.log(`After the first tenth it grew by ${(100 * growth).toFixed(1)} %; at most ${100 * GROWTH} % are allowed.`);
if (status !== 0) console.log(`The run ended with ${status}: ${stderr}`);
process.exitCode = status === 0 && growth < GROWTH ? 0 : 1;
