/** Runs of earlier programs load, answer as they did, and go on to the weights that they would have had. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import { askOldRun, copyOldRun, oldRuns, resumeOldRun } from './old-runs.ts';
import { kernelsHere } from './questions.ts';
import type { Trained } from './record.ts';

interface Golden {
  resumed: Record<string, Trained>;
  fused: Record<string, unknown>;
  strict: Record<string, unknown>;
}

const golden = JSON.parse(readFileSync(new URL('old-runs.json', import.meta.url), 'utf8')) as Golden;

describe.each(Object.keys(oldRuns))('%s', (name) => {
  it('answers and evaluates as it did', async () => {
    const folder = temporaryFolder();
    const { text } = copyOldRun(name, join(folder, 'copy'));
    const kernels = await kernelsHere(folder, text);
    expect(await askOldRun(name, folder)).toEqual(golden[kernels][name]);
  });

  it('goes on to the same weights, with its text in another place', async () => {
    expect(await resumeOldRun(name, temporaryFolder())).toEqual(golden.resumed[name]);
  });
});
