/** Ctrl-C, once and twice, other signals, terminals and readers that go away, with real processes. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import { BIN, jsonLines, lm, TEXT, TINY } from './lm.ts';

const ENDLESS = ['train', 'text.txt', '--steps', '1000000', '--out', 'run', ...TINY];

function place(): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'text.txt'), TEXT);
  return cwd;
}

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'finishes the step, writes a checkpoint and says how to go on: %s',
    async (signal) => {
      const cwd = place();
      const { status, stdout, stderr } = await lm([...ENDLESS, '--json'], { cwd, stopAfter: '"step":3,', signal });
      expect(status).toBe(130);
      expect(stderr.replace('npx lm', 'lm')).toBe(
        'Stopping after this step; once more to leave at once.\nTo go on: lm train --resume run\n',
      );
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: string; step: number });
      expect(events.slice(-2).map(({ event }) => event)).toEqual(['checkpoint', 'done']);
      const { status: resumed, stdout: rest } = await lm(['train', '--resume', 'run', '--json'], {
        cwd,
        stopAfter: '"event":"step"',
      });
      expect(resumed).toBe(130);
      expect(JSON.parse(rest.slice(0, rest.indexOf('\n')))).toMatchObject({
        event: 'start',
        step: events.at(-1)!.step,
      });
    },
  );

  it('and another signal leave at once, the checkpoint whole', async () => {
    const cwd = place();
    const child = spawn(process.execPath, [BIN, ...ENDLESS, '--json'], { cwd });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await once(child.stdout, 'data');
    // Both are there when it goes on, whatever the load of the machine.
    for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) child.kill(signal);
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(stderr).toBe(
      'Stopping after this step; once more to leave at once.\nLeft at once; the last checkpoint is whole.\n',
    );
    expect((await lm(['train', '--resume', 'run', '--json'], { cwd, stopAfter: '"event":"step"' })).status).toBe(130);
  });

  it('is not needed when the terminal is closed, though nobody can be told', async () => {
    const cwd = place();
    const child = spawn(process.execPath, [BIN, ...ENDLESS, '--json'], { cwd });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGHUP');
    expect(await once(child, 'exit')).toEqual([130, null]);
    const events = jsonLines(readFileSync(join(cwd, 'run/metrics.jsonl'), 'utf8'));
    expect(events.slice(-2).map(({ event }) => event)).toEqual(['checkpoint', 'done']);
  });

  it('before training has begun leaves nothing behind', async () => {
    const cwd = place();
    const fifo = join(cwd, 'pipe.txt');
    execFileSync('mkfifo', [fifo]);
    const child = spawn(process.execPath, [BIN, 'train', fifo, '--out', 'run'], { cwd });
    // It reads once somebody writes.
    writeFileSync(fifo, TEXT);
    child.kill('SIGINT');
    await once(child, 'exit');
    expect(existsSync(join(cwd, 'run'))).toBe(false);
    expect(readdirSync(cwd).sort()).toEqual(['pipe.txt', 'text.txt']);
  });
});

describe('a reader that has enough', () => {
  it('ends lm sample quietly, with status 0', async () => {
    const cwd = place();
    await lm(['train', 'text.txt', '--steps', '2', '--out', 'run', '--quiet', ...TINY], { cwd });
    const command = '{ "$0" "$@"; echo "status $?" >&2; } 2>errors | head -c 10';
    const words = [process.execPath, BIN, 'sample', 'run', '--length', '1000000', '--seed', '1'];
    const text = execFileSync('sh', ['-c', `${command}; cat errors`, ...words], { cwd, encoding: 'utf8' });
    expect(text.slice(10)).toBe('status 0\n');
  });
});
