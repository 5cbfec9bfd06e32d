/** `lm runs`, `lm compare` and `lm plot` on small trained runs. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/run/index.ts';
import { jsonLines, lm, TEXT, TINY } from './lm.ts';

let cwd = '';
const A = join('runs', 'a');
const B = join('runs', 'b');

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
  writeFileSync(join(cwd, 'cat.txt'), TEXT);
  const flags = [...TINY, '--quiet', '--eval-every', '10'];
  await lm(['train', 'cat.txt', '--name', 'a', ...flags, '--steps', '30'], { cwd });
  await lm(['train', 'cat.txt', '--name', 'b', ...flags, '--steps', '20', '--cell', 'gru'], { cwd });
});

afterAll(() => rmSync(cwd, { recursive: true, force: true }));

async function said(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await lm(words, { cwd });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

describe('lm runs', () => {
  it('lists runs, the newest first', async () => {
    const [head, first, second, ...rest] = (await said('runs')).trimEnd().split('\n');
    expect(head).toMatch(/^run +task +text +model +loss +at step +trained +last +state$/);
    expect(first).toMatch(
      /^b +lm +cat\.txt +gru 1 x 8 +\d\.\d{4} +\d\.\d{3} bits per character +20 +\d:\d\d +[\d-]+ [\d:]+ +ended$/,
    );
    expect(second).toMatch(/^a +lm +cat\.txt +lstm 1 x 8 .* 30 .* ended$/);
    expect(rest).toEqual([]);
  });

  it('sorts, and writes JSON', async () => {
    const byName = jsonLines(await said('runs', 'runs', '--sort', 'name', '--json'));
    expect(byName.map(({ run }) => run)).toEqual([A, B]);
    expect(byName[0]).toMatchObject({
      task: 'lm',
      cell: 'lstm',
      step: 30,
      bestStep: 30,
      state: 'ended',
      reason: 'steps',
    });
    const losses = jsonLines(await said('runs', '--sort', 'loss', '--json')).map(({ valLoss }) => Number(valLoss));
    expect(losses).toEqual([...losses].sort((a, b) => a - b));
    expect(jsonLines(await said('runs', A, '--json'))).toMatchObject([{ run: A }]);
  });

  it('says which one a process trains', async () => {
    const unlock = lockFolder(join(cwd, A));
    try {
      const states = jsonLines(await said('runs', '--sort', 'name', '--json')).map(({ state }) => state);
      expect(states).toEqual(['training', 'ended']);
    } finally {
      unlock();
    }
  });

  it('leaves out what it can not read, and says so', async () => {
    const others = join(cwd, 'others');
    mkdirSync(join(others, 'damaged'), { recursive: true });
    writeFileSync(join(others, 'damaged', 'config.json'), '{}');
    const { status, stdout, stderr } = await lm(['runs', 'others'], { cwd });
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(
      /^warning: others.damaged is left out: .*damaged.*\nThere are no runs in others; lm train makes one\.\n$/,
    );
    expect(await lm(['runs', 'nowhere'], { cwd })).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('lm compare', () => {
  it('sets options, figures and curves side by side', async () => {
    const text = await said('compare', A, B);
    expect(text).toMatch(/^option +runs.a +runs.b\ncell +lstm +gru\nsteps +30 +20\n\nfigure +runs.a +runs.b\n/m);
    expect(text).toMatch(/^validation loss, best +\d\.\d{4} +\d\.\d{4}$/m);
    expect(text).toContain('Validation loss by step\n');
    expect(text).toContain('Validation loss by time\n');
  });

  it('writes JSON and a figure', async () => {
    const result = JSON.parse(await said('compare', A, B, '--json', '--svg', 'c.svg')) as {
      options: object;
      runs: { run: string; points: object[] }[];
    };
    expect(result.options).toMatchObject({ cell: ['lstm', 'gru'], steps: [30, 20] });
    expect(result.runs.map(({ run, points }) => [run, points.length])).toEqual([
      [A, 3],
      [B, 2],
    ]);
    expect(readFileSync(join(cwd, 'c.svg'), 'utf8')).toMatch(/^<svg [\s\S]*runs.a[\s\S]*runs.b/);
  });

  it('wants two', async () => {
    expect((await lm(['compare', A], { cwd })).stderr).toMatch(/^error: Name two runs or more/);
  });
});

describe('lm plot', () => {
  it.each([
    ['step', 'steps'],
    ['time', 'seconds'],
    ['epoch', 'epochs'],
    ['token', 'tokens'],
  ])('draws both losses by %s', async (by, label) => {
    const text = await said('plot', A, '--by', by);
    expect(text).toMatch(new RegExp(`^Losses of runs.a\n[\\s\\S]*\n +${label}\na +training\nb +validation\n$`));
  });

  it('gives the points, and refuses a run without any', async () => {
    expect(JSON.parse(await said('plot', A, '--json'))).toMatchObject({
      run: A,
      points: [{ step: 10 }, { step: 20 }, { step: 30 }],
    });
    await lm(['train', 'cat.txt', '--name', 'none', ...TINY, '--quiet', '--steps', '2', '--val-split', '0'], { cwd });
    expect((await lm(['plot', join('runs', 'none')], { cwd })).stderr).toMatch(
      /has no evaluation yet: there is nothing to plot/,
    );
    rmSync(join(cwd, 'runs', 'none'), { recursive: true });
  });
});
