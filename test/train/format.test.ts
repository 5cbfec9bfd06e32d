/** Runs that earlier versions wrote are still read: those of format 1, whose `config.json` knew no tasks. */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { load, train } from '../../src/index.ts';
import { evaluate } from '../../src/measure/evaluate.ts';
import { CONFIG_FORMAT } from '../../src/run/config.ts';
import { describeRun, type RunConfig } from '../../src/run/index.ts';
import { TEXT } from '../cli/lm.ts';
import { temporaryFolder } from '../temporary.ts';

/** What has come since format 1. */
const NEW_OPTIONS = [
  'task',
  'targetTokenizer',
  'maxLength',
  'bidirectional',
  'merge',
  'pool',
  'attention',
  'tokenDropout',
  'labelSmoothing',
  'precision',
];

/** A `config.json` as format 1 had it. */
function inFormat1({ gatelm, node, options, vocabulary, cutoffs, corpus, kernel }: RunConfig): string {
  const known = Object.fromEntries(Object.entries(options).filter(([name]) => !NEW_OPTIONS.includes(name)));
  const summed = JSON.stringify([1, gatelm, node, known, vocabulary, cutoffs, corpus, kernel]);
  const checksum = createHash('sha256').update(summed).digest('hex');
  return JSON.stringify({ format: 1, gatelm, node, options: known, vocabulary, cutoffs, corpus, kernel, checksum });
}

it('a run of format 1 is as good as it was, goes on, and is then written as runs are now', async () => {
  const folder = temporaryFolder();
  const run = join(folder, 'run');
  const file = join(folder, 'cat.txt');
  writeFileSync(file, TEXT);
  const small = { hidden: 4, batchSize: 4, seqLength: 8, threads: 1, kernel: 'strict' } as const;
  await train({ ...small, files: [file], cell: 'gru', gruReset: 'before', steps: 20, out: run });
  const now = await evaluate(load(run), [file], { threads: 1 });

  const path = join(run, 'config.json');
  writeFileSync(path, inFormat1(JSON.parse(readFileSync(path, 'utf8')) as RunConfig));
  expect(await evaluate(load(run), [file], { threads: 1 })).toEqual(now);

  const { done } = await train({ resume: run, steps: 30 });
  expect(done).toMatchObject({ step: 30, reason: 'steps' });
  const written = JSON.parse(readFileSync(path, 'utf8')) as { format: number };
  expect(written.format).toBe(CONFIG_FORMAT);
  expect(describeRun(run).config).toMatchObject({ options: { task: 'lm', steps: 30 }, classes: null, longest: null });
});
