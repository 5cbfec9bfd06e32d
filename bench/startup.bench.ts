/** How long a person waits for the first character: from the start of `lm sample` to its first byte of output. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOurs } from './child.ts';
import { median } from './clock.ts';
import { progress, type Section } from './section.ts';

const LM = fileURLToPath(new URL('../bin/lm.js', import.meta.url));

export const benchStartup: Section = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatelm-bench-'));
  try {
    const run = join(folder, 'run');
    progress('a short training for the start-up');
    const trained = spawnSync(process.execPath, [LM, 'train', '--steps', '2', '--out', run, '--quiet']);
    if (trained.status !== 0) throw new Error(`lm train failed: ${trained.stderr}`);

    const times = quick ? 5 : 25;
    const rows = [
      ['Node itself, `node -p 1`', await medianTime(times, () => firstOutput(['-p', '1']))],
      ['`lm --version`', await medianTime(times, () => firstOutput([LM, '--version']))],
      ['`lm sample`, LSTM 2 x 256', await medianTime(times, () => firstOutput([LM, 'sample', run, '--seed', '1']))],
      ['choosing a kernel variant, within a process', await medianTime(times, choice)],
    ];
    return [
      {
        title: 'Start-up',
        about: `Milliseconds from the start of the process to its first output, median of ${times}.`,
        columns: ['what', 'ms'],
        rows,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

async function medianTime(times: number, measured: () => Promise<number>): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push(await measured());
  return median(all);
}

async function choice(): Promise<number> {
  return (await runOurs({ work: { kind: 'choice' }, threads: 1, seconds: 0 })).milliseconds;
}

/** Milliseconds until a Node process with these arguments writes to stdout. */
function firstOutput(words: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let first: number | undefined;
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', () => {
      first ??= performance.now() - began;
    });
    child.on('error', reject).on('close', () => {
      if (first === undefined) reject(new Error(`node ${words.join(' ')} wrote nothing.`));
      else resolve(first);
    });
  });
}
