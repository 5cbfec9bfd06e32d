/** A run's precision: what `auto` was is recorded, kept when the run goes on, and not changed. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { InputError, load, train } from '../../src/index.ts';
import { choosePrecision, variantReports } from '../../src/kernels/index.ts';
import { describeRun } from '../../src/run/index.ts';
import { TEXT } from '../cli/lm.ts';
import { temporaryFolder } from '../temporary.ts';

/** A folder, and options of a small run on a text in it. */
function place() {
  const folder = temporaryFolder();
  const text = join(folder, 'cat.txt');
  writeFileSync(text, TEXT);
  return { folder, small: { files: [text], hidden: 20, layers: 2, batchSize: 4, seqLength: 8, threads: 1 } };
}

const weightsOf = (run: string): number[][] => load(run).parameters.map(({ data }) => [...data]);

it('a run in bfloat16 that was stopped goes on to the same bits, with other kernels too', async () => {
  const { folder, small } = place();
  const given = { ...small, kernel: 'fma', precision: 'bf16', steps: 20 } as const;
  const whole = await train({ ...given, out: join(folder, 'whole') });
  const stop = new AbortController();
  const { run, done } = await train({
    ...given,
    out: join(folder, 'stopped'),
    signal: stop.signal,
    onEvent: ({ event, step }) => {
      if (event === 'step' && step === 9) stop.abort();
    },
  });
  expect(done).toMatchObject({ reason: 'interrupted', step: 9 });
  await train({ resume: run, kernel: variantReports()[0].usable ? 'native' : 'fma' });
  expect(weightsOf(run)).toEqual(weightsOf(whole.run));
});

it('auto is single precision with the strict kernels, and what it was is recorded', async () => {
  const { folder, small } = place();
  expect(choosePrecision('auto', 'strict')).toBe('f32');
  const { run } = await train({ ...small, steps: 2, out: join(folder, 'auto') });
  expect(describeRun(run).config.options.precision).toBe(choosePrecision('auto', 'auto'));
});

it('a run keeps its precision', async () => {
  const { folder, small } = place();
  const { run } = await train({ ...small, kernel: 'strict', steps: 2, out: join(folder, 'kept') });
  await expect(train({ resume: run, steps: 4, precision: 'bf16' })).rejects.toThrow(InputError);
  const bf16 = await train({ ...small, kernel: 'strict', precision: 'bf16', steps: 2, out: join(folder, 'bf16') });
  expect(weightsOf(bf16.run)).not.toEqual(weightsOf(run));
});
