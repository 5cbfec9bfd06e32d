/** `lm inspect` on small trained runs. */

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lm, TEXT, TINY } from './lm.ts';

let cwd = '';
const SENTENCES = 'the cat sits .\nthe cats sit .\nthe dog near the cats sits .\nthe dogs near the cat sit .\n';

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
  writeFileSync(join(cwd, 'cat.txt'), TEXT);
  mkdirSync(join(cwd, 'texts'));
  writeFileSync(join(cwd, 'texts', 'lines.txt'), SENTENCES.repeat(10));
  const flags = [...TINY, '--quiet', '--learning-rate', '0.03', '--val-split', '0.2'];
  const lines = '--tokenizer word --pretokenized --format lines --name lines'.split(' ');
  await lm(['train', 'texts/lines.txt', ...lines, ...flags, '--steps', '150'], { cwd });
  await lm(['train', 'cat.txt', '--cell', 'gru', ...flags, '--steps', '40'], { cwd });
});

afterAll(() => rmSync(cwd, { recursive: true, force: true }));

async function inspect(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await lm(['inspect', ...words], { cwd });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

async function refused(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await lm(['inspect', ...words], { cwd });
  expect([status, stdout]).toEqual([2, '']);
  return stderr;
}

it('says what there is to look at', async () => {
  for (const words of [[], ['nonsense'], ['runs/cat', 'gates']]) {
    expect(await refused(...words)).toMatch(/^error: Say what to look at: lm inspect agreement, gradients or gates/);
  }
});

describe('lm inspect agreement', () => {
  it('tells how often the right form is likelier, from a file of pairs', async () => {
    writeFileSync(join(cwd, 'p.tsv'), 'the cats\tsit\tsits\nthe cat\tsits\tsit\nthe dogs near the cat\tsit\tsits\n');
    const result = JSON.parse(await inspect('agreement', 'runs/lines', '--pairs', 'p.tsv', '--json')) as object;
    expect(result).toEqual({
      run: join('runs', 'lines'),
      pairs: 'p.tsv',
      questions: 3,
      accuracy: 1,
      unknown: 0,
      unknownPrefixes: 0,
      byLength: [
        { length: 2, questions: 2, accuracy: 1 },
        { length: 5, questions: 1, accuracy: 1 },
      ],
    });
    expect(await inspect('agreement', 'runs/lines', '--pairs', 'p.tsv')).toMatch(
      /^100\.0 % of 3 right; chance is 50 %\n\nprefix +pairs +right\n +2 +2 +100\.0 %\n +5 +1 +100\.0 %\n$/,
    );
  });

  it('has a table by attractors and one by distance, where the pairs tell them', async () => {
    writeFileSync(join(cwd, 'five.tsv'), 'the cats\tsit\tsits\t0\t0\nthe dogs near the cat\tsit\tsits\t1\t3\n');
    const table = await inspect('agreement', 'runs/lines', '--pairs', 'five.tsv');
    expect(table).toMatch(/\nattractors +pairs +right\n +0 +1 +100\.0 %\n +1 +1 +100\.0 %\n\ndistance/);
  });

  it('leaves out what the model does not know, with a warning, and refuses pairs of which it knows none', async () => {
    writeFileSync(join(cwd, 'p.tsv'), 'the cats\tsit\tsits\nthe lamp\tshines\tshine\nthe lamps\tsit\tsits\n');
    const { status, stderr, stdout } = await lm(['inspect', 'agreement', 'runs/lines', '--pairs', 'p.tsv'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain(' of 2 right');
    expect(stderr).toMatch(/^warning: 1 pairs are left out.*\nwarning: 1 prefixes have words/);
    expect(await refused('agreement', 'runs/lines')).toMatch(/knows none of the forms in .*agreement\.pairs\.tsv/);
  });

  it('names file and line of what is wrong in the pairs', async () => {
    writeFileSync(join(cwd, 'bad.tsv'), 'the cats\tsit\tsits\nthe cat sits\n');
    expect(await refused('agreement', 'runs/lines', '--pairs', 'bad.tsv')).toMatch(
      /^error: bad\.tsv, line 2: 1 columns/,
    );
    expect(await refused('agreement', 'runs/lines', '--pairs', 'none.tsv')).toMatch(/none\.tsv/);
  });
});

describe('lm inspect gradients', () => {
  it('plots several runs, with the factor a step', async () => {
    const plot = await inspect('gradients', 'runs/lines', 'runs/cat', '--length', '6', '--svg', 'decay.svg');
    expect(plot).toContain('a  runs/lines\nb  runs/cat\n');
    expect(plot).toMatch(/\nruns\/lines +1 +h +8 +\d\.\de[-+]\d +\d\.\de[-+]\d+ +\d +\d\.\d{3} /);
    expect(plot).toMatch(/\nruns\/cat +1 +h /);
    expect(plot).not.toContain('\u001b');
    expect(readFileSync(join(cwd, 'decay.svg'), 'utf8')).toMatch(/^<svg .*runs\/cat.*<\/svg>\n$/s);
  });

  it('gives the norms as JSON, before and after training', async () => {
    type Report = { atInit: boolean; runs: { positions: number; layers: Record<string, { norms: number[] }>[] }[] };
    const trained = JSON.parse(await inspect('gradients', 'runs/cat', '--length', '9', '--json')) as Report;
    const fresh = JSON.parse(await inspect('gradients', 'runs/cat', '--length', '9', '--json', '--at-init')) as Report;
    expect([trained.atInit, fresh.atInit]).toEqual([false, true]);
    for (const { runs } of [trained, fresh]) {
      expect(runs[0].layers).toHaveLength(1);
      expect(runs[0].layers[0].h.norms).toHaveLength(10);
      expect(runs[0].layers[0].h.norms.every((norm) => norm > 0 && norm < 10)).toBe(true);
    }
    expect(trained.runs[0].layers[0].h.norms).not.toEqual(fresh.runs[0].layers[0].h.norms);
    const lstm = JSON.parse(await inspect('gradients', 'runs/lines', '--json')) as Report;
    expect(Object.keys(lstm.runs[0].layers[0])).toEqual(['h', 'c']);
    // Eight lines, the shortest of four tokens.
    expect(lstm.runs[0]).toMatchObject({ positions: 8 });
    expect(lstm.runs[0].layers[0].h.norms).toHaveLength(4);
  });

  it('asks for another text where that of the run is gone', async () => {
    renameSync(join(cwd, 'texts'), join(cwd, 'elsewhere'));
    try {
      expect(await refused('gradients', 'runs/lines')).toMatch(
        /^error: The text of runs\/lines is no longer at .*lines\.txt: name a text with --file\.$/m,
      );
      await inspect('gradients', 'runs/lines', '--file', 'elsewhere/lines.txt', '--json');
    } finally {
      renameSync(join(cwd, 'elsewhere'), join(cwd, 'texts'));
    }
    writeFileSync(join(cwd, 'short.txt'), 't');
    expect(await refused('gradients', 'runs/cat', '--file', 'short.txt')).toMatch(/at least 2 tokens/);
    expect(await refused('gradients', 'runs/cat', '--svg', 'no/where.svg')).toMatch(/no\/where\.svg/);
    expect(await refused('gradients', 'runs/cat', '--length', '0')).toMatch(/--length/);
  });
});

describe('lm inspect gates', () => {
  it('gives mean and spread of each gate over the validation text', async () => {
    const table = await inspect('gates', 'runs/lines');
    expect(table).toMatch(/^layer 1\n\n +mean +spread +near 0 +beyond 0\.9\ni +0\.\d{3} +0\.\d{3} +\d+ % +\d+ %\nf /);
    expect(table).toMatch(/\n\d of 8 units have a time constant over 50 steps/);
    type Report = { layers: { gates: { name: string; mean: number; spread: number }[]; timeConstants: number[] }[] };
    const { layers } = JSON.parse(await inspect('gates', 'runs/cat', '--json')) as Report;
    expect(layers[0].gates.map(({ name }) => name)).toEqual(['r', 'z', 'n', 'h']);
    expect(layers[0].timeConstants).toHaveLength(8);
    const z = layers[0].gates[1];
    expect(z.mean).toBeGreaterThan(0);
    expect(z.mean).toBeLessThan(1);
  });

  it('shows a text token by token', async () => {
    const map = await inspect('gates', 'runs/lines', 'the dog near the cats', '--units', '3');
    for (const gate of ['i', 'f', 'o', 'c']) expect(map).toMatch(new RegExp(`\\n${gate}  -?[\\d.]+ `));
    expect(map.match(/ <bos> the dog near the cats\n/g)).toHaveLength(4);
    expect(map).not.toContain('\u001b');
    const characters = await inspect('gates', 'runs/cat', 'the\ncat', '--units', '2');
    expect(characters).toMatch(/\n {2,3}the⏎cat\n/);
    type Report = { tokens: string[]; layers: { units: number[]; values: Record<string, number[][]> }[] };
    const report = JSON.parse(await inspect('gates', 'runs/cat', 'the', '--units', '2', '--json')) as Report;
    expect(report.tokens).toEqual(['t', 'h', 'e']);
    expect(report.layers[0].units).toHaveLength(2);
    expect(report.layers[0].values.z.map((row) => row.length)).toEqual([3, 3]);
  });

  it('refuses an empty text, and two texts', async () => {
    expect(await refused('gates', 'runs/cat', '')).toMatch(/The text is empty/);
    expect(await refused('gates', 'runs/cat', 'the', '--file', 'cat.txt')).toMatch(/not both/);
  });
});
