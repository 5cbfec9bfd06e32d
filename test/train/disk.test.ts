/** Disks that take no more, and folders that go away, in mid-run. `npm run test:disk` does the same with real file systems. */

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRun } from '../../src/run/index.ts';
import { jsonLines, lm as lmOutput, TEXT, TINY } from '../cli/lm.ts';
import { contents, RUN } from '../slow/killing.ts';
import { lm } from '../slow/process.ts';
import { temporaryFolder } from '../temporary.ts';

const TRAIN = ['train', 'text.txt', '--out', RUN, '--steps', '40', '--checkpoint-every', '5', ...TINY, '--json'];

let stop = () => {};

function place(): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'text.txt'), TEXT);
  return cwd;
}

async function wholeRun(): Promise<object> {
  const cwd = place();
  expect(await lm(TRAIN, cwd)).toMatchObject({ status: 0, stderr: '' });
  return contents(cwd);
}

describe('a run that can no longer write', () => {
  it('its metrics says so, and goes on from its last checkpoint', async () => {
    const cwd = place();
    // In blocks of 512 or 1024 bytes, by the shell: enough for a checkpoint, not for the metrics of a thousand steps.
    const longer = ['--steps', '1000', '--checkpoint-every', '50'];
    const { status, stderr } = await lm([...TRAIN, ...longer], cwd, { before: 'ulimit -f 128' });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^error: Can't write run\/metrics\.jsonl: the file would be longer than the system allows\. The checkpoint of step \d+ is whole: mend that, and go on with lm train --resume run\.\n$/,
    );
    loadRun(join(cwd, RUN));
    const { stdout } = await lmOutput(['train', '--resume', RUN, '--json'], { cwd });
    const steps = jsonLines(stdout).filter(({ event }) => event === 'step');
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => 1000 - steps.length + 1 + i));
  });

  it('its checkpoints leaves the last one whole', async () => {
    const cwd = place();
    const stopped = await lm(TRAIN, cwd, {
      onStart: (child) => {
        stop = () => child.kill('SIGINT');
      },
      onSteps: (steps) => steps >= 10 && stop(),
    });
    expect(stopped.status).toBe(130);
    const failed = await lm(['train', '--resume', RUN], cwd, { before: 'ulimit -f 30' });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(
      /Can't write run\/(checkpoint|model)\.safetensors: .*The checkpoint of step \d+ is whole/,
    );
    expect(await lm(['train', '--resume', RUN], cwd)).toMatchObject({ status: 0, stderr: '' });
    expect(contents(cwd)).toEqual(await wholeRun());
  });

  it('as its folder is gone says so, and makes no other', async () => {
    const cwd = place();
    let gone = false;
    const { status, stderr } = await lm(TRAIN, cwd, {
      onSteps() {
        if (!gone) renameSync(join(cwd, RUN), join(cwd, 'elsewhere'));
        gone = true;
      },
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: Can't write run\/[a-z.]+: its folder does not exist\.\n$/);
    expect(existsSync(join(cwd, RUN))).toBe(false);
  });

  it('in the folder that it is told to says so before it begins', async () => {
    const cwd = place();
    mkdirSync(join(cwd, RUN, 'tokenizer.json.tmp'), { recursive: true });
    writeFileSync(join(cwd, RUN, 'tokenizer.json.tmp', 'x'), '');
    const { status, stderr } = await lm(TRAIN, cwd);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: Can't make the run's folder run: .+\.\n$/)]);
  });
});
