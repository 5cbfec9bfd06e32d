/** A tagger with a CRF from end to end: trained on entities, evaluated, asked, stopped and gone on with. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeData } from '../golden/data.ts';
import { jsonLines, lm } from './lm.ts';

const FLAGS = '--task tag --output crf --hidden 16 --kernel strict --learning-rate 0.02'.split(' ');

let cwd = '';
/** Sentences in BIO, each with two entities. */
let entities = '';

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
  entities = writeData(cwd)['entities.tsv'];
  const { status, stdout, stderr } = await train(entities, 'run', '--steps', '80');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain(', crf that keeps the rule of bio: ');
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

function train(file: string, out: string, ...flags: string[]) {
  return lm(['train', file, ...FLAGS, '--out', out, ...flags], { cwd });
}

async function output(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await lm(words, { cwd });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

/** A file of sentences, with some of them changed. */
function changed(name: string, change: (sentence: string, i: number) => string): string {
  const file = join(cwd, name);
  const sentences = readFileSync(entities, 'utf8').trimEnd().split('\n\n');
  writeFileSync(
    file,
    `${sentences
      .map((sentence) => sentence.trim())
      .map(change)
      .join('\n\n')}\n`,
  );
  return file;
}

it('learns entities, and gives whole ones alone', async () => {
  const { status, stdout } = await lm(['eval', 'run', entities, '--json'], { cwd });
  expect(status).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.entityF1).toBeGreaterThan(0.8);
  expect(result.loss).toBeLessThan(0.2);
  const texts = ['Gull Works of Otto leaves', 'of Otto Bank', 'Works', 'Bank Bank of of Works Gull . Otto and'];
  for (const { tags } of jsonLines(await output('predict', 'run', ...texts, '--json'))) {
    (tags as string[]).forEach((tag, t, all) => {
      if (tag.startsWith('I')) expect(all[t - 1]?.slice(1)).toBe(tag.slice(1));
    });
  }
});

it('gives each tag of a token by its probability, behind that of the likeliest sentence', async () => {
  const [one] = jsonLines(await output('predict', 'run', 'Mira Gull leaves Gull .', '--json', '--top', '7'));
  const tags = one.tags as string[];
  const alternatives = one.alternatives as { label: string; probability: number }[][];
  alternatives.forEach((all, t) => {
    expect(all[0]).toEqual({ label: tags[t], probability: (one.probabilities as number[])[t] });
    const others = all.slice(1).map(({ probability }) => probability);
    expect(others).toEqual([...others].sort((a, b) => b - a));
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(all).toHaveLength(7);
  });
  expect(alternatives[0].find(({ label }) => label === 'I-PER')!.probability).toBe(0);
});

it('measures sentences that its scheme does not allow', async () => {
  const broken = changed('broken.tsv', (sentence) => sentence.replace('\tB-', '\tI-'));
  const result = JSON.parse(await output('eval', 'run', broken, '--json'));
  expect(result.loss).toBeGreaterThan(0.5);
  expect(result.loss).toBeLessThan(100);
});

it('trains on some such sentences, and says how many they are', async () => {
  const some = changed('some.tsv', (sentence, i) => (i < 10 ? sentence.replace('\tB-', '\tI-') : sentence));
  const { status, stderr } = await train(some, 'some', '--steps', '3', '--val-split', '0', '--quiet');
  expect(stderr).toBe(
    'warning: 10 of 150 sentences break the rule of bio: they are trained on as they are, but every answer keeps it.\n',
  );
  expect(status).toBe(0);
});

it('finds other schemes, and that there is none', async () => {
  const iob1 = changed('iob1.tsv', (sentence) => sentence.replaceAll('\tB-', '\tI-'));
  expect((await train(iob1, 'iob1', '--steps', '1')).stdout).toContain('crf that keeps the rule of iob1:');
  const neither = changed('neither.tsv', (sentence, i) =>
    i % 2 === 0 ? sentence : sentence.replaceAll('\tB-', '\tI-'),
  );
  const { stdout, stderr } = await train(neither, 'neither', '--steps', '1', '--val-split', '0');
  expect(stdout).toContain(', crf: ');
  expect(stderr).toMatch(/^warning: \d+ of 150 sentences break the rule of each scheme that has such tags, so .*\n$/);
  expect((await train(entities, 'free', '--steps', '1', '--tag-scheme', 'none')).stdout).toContain(', crf: ');
});

it('goes on after a stop to the bits of a run that was not stopped', async () => {
  const flags = ['--quiet', '--schedule', 'constant', '--dropout', '0.2'];
  await train(entities, 'whole', '--steps', '30', ...flags);
  await train(entities, 'parts', '--steps', '12', ...flags);
  await output('train', '--resume', 'parts', '--steps', '30', '--threads', '2', '--quiet');
  const weights = (run: string): Buffer => readFileSync(join(cwd, run, 'model.safetensors'));
  expect(weights('parts').equals(weights('whole'))).toBe(true);
});

it.each([
  [['--task', 'classify', '--output', 'crf'], /^error: --output is for --task tag, not classify: leave it out\.\n$/],
  [['--task', 'tag', '--tag-scheme', 'bio'], /^error: --tag-scheme needs --output crf\.\n$/],
  [
    [...FLAGS, '--label-smoothing', '0.1'],
    /^error: --label-smoothing is for a softmax: leave it out with --output crf\.\n$/,
  ],
  [[...FLAGS, '--tag-scheme', 'iobes'], /^error: --tag-scheme iobes has no such tags as .*: leave it out\.\n$/],
])('refuses %j', async (flags, message) => {
  const { status, stdout, stderr } = await lm(['train', entities, ...flags, '--out', 'none'], { cwd });
  expect(stderr).toMatch(message);
  expect([status, stdout]).toEqual([2, '']);
});
