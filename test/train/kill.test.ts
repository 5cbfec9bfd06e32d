/** Training processes that are killed outright, now and then in the middle of a write. `npm run test:kill` is the long form. */

import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonLines, lm, TEXT, TINY } from '../cli/lm.ts';
import { contents, SCENARIOS, trainKilled, trainWhole } from '../slow/killing.ts';
import { temporaryFolder } from '../temporary.ts';

function place(text: string): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'text.txt'), text);
  return cwd;
}

describe('a killed run', () => {
  const moments = [{ steps: 5 }, { milliseconds: 400 }, { files: 8 }];

  it.each(['characters, LSTM, dropout', 'lines, GRU', 'pairs, attention'])(
    'ends with the bits of the run that was not: %s',
    async (name) => {
      const { text, flags } = SCENARIOS[name];
      const whole = place(text);
      await trainWhole(flags, whole);
      const killed = place(text);
      expect((await trainKilled(flags, killed, moments)).kills).toBeGreaterThan(0);
      expect(contents(killed)).toEqual(contents(whole));
    },
  );

  it('makes up for the evaluation after its last step', async () => {
    const cwd = place(TEXT);
    const flags = ['--steps', '4', '--checkpoint-every', '1', '--out', 'run', ...TINY];
    await lm(['train', 'text.txt', ...flags], { cwd });
    const whole = contents(cwd);
    // As a kill between the last step and its evaluation would have left it.
    copyFileSync(join(cwd, 'run/checkpoint.previous.safetensors'), join(cwd, 'run/checkpoint.safetensors'));
    const metrics = readFileSync(join(cwd, 'run/metrics.jsonl'), 'utf8');
    writeFileSync(join(cwd, 'run/metrics.jsonl'), metrics.slice(0, metrics.indexOf('{"event":"eval"')));
    const { status, stdout } = await lm(['train', '--resume', 'run', '--json'], { cwd });
    expect(status).toBe(0);
    expect(jsonLines(stdout).map(({ event }) => event)).toEqual(['start', 'eval', 'checkpoint', 'done']);
    expect(contents(cwd)).toEqual(whole);
  });

  it('says that there is nothing to go on from before its first checkpoint', async () => {
    const cwd = place(TEXT);
    await lm(['train', 'text.txt', '--steps', '1', '--out', 'run', ...TINY], { cwd });
    for (const name of ['checkpoint', 'checkpoint.previous', 'model']) rmSync(join(cwd, 'run', `${name}.safetensors`));
    const { status, stderr } = await lm(['train', '--resume', 'run'], { cwd });
    expect([status, stderr]).toEqual([
      2,
      'error: run has no checkpoint to go on from: start the run again, with --overwrite.\n',
    ]);
  });
});
