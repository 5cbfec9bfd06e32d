/** Runs that released versions wrote are still read: the folder `format-1` is of version 0.1.0, whose `config.json` knew no tasks. */

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evaluate, load, sample, train } from '../../src/index.ts';
import { CONFIG_FORMAT } from '../../src/train/config.ts';
import { describeRun } from '../../src/train/index.ts';
import { TEXT } from '../cli/lm.ts';
import { temporaryFolder } from '../temporary.ts';

const OLD = fileURLToPath(new URL('format-1', import.meta.url));

describe('a run of version 0.1.0', () => {
  it('writes what it wrote then, and is as good', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'cat.txt');
    writeFileSync(file, TEXT);
    const model = load(OLD);
    const drawn = sample(model, { temperature: 0, length: 30 });
    expect([...drawn].map(({ text }) => text).join('')).toBe(' thhhhhhhhhhhhhhhhhhhhhhhhhhhh');
    const { loss } = await evaluate(model, [file], { threads: 1 });
    expect(loss).toBeCloseTo(1.4363, 3);
  });

  it('goes on, and is then written as runs are now', async () => {
    const folder = temporaryFolder();
    const run = join(folder, 'run');
    cpSync(OLD, run, { recursive: true });
    const file = join(folder, 'cat.txt');
    writeFileSync(file, TEXT);
    const { done } = await train({ resume: run, files: [file], steps: 80 });
    expect(done).toMatchObject({ step: 80, reason: 'steps' });
    const written = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')) as { format: number };
    expect(written.format).toBe(CONFIG_FORMAT);
    expect(describeRun(run).config).toMatchObject({ options: { task: 'lm', steps: 80 }, classes: null, longest: null });
  });
});
