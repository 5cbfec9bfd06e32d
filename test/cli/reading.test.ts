/** Whatever a text comes in, and where it is: from end to end, with what is said of it. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import { jsonLines, lm, type Outcome, TEXT, TINY } from './lm.ts';

/** A folder with such files. */
function folderWith(files: Record<string, string | Uint8Array>): string {
  const cwd = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  return cwd;
}

/** Trains some steps of a tiny model. */
async function train(
  cwd: string,
  words: string,
  input?: string,
): Promise<Outcome & { start: Record<string, unknown> }> {
  const more = words.includes('--task') ? ['--hidden', '8', '--threads', '1', '--kernel', 'strict'] : TINY;
  const all = ['train', ...words.split(' '), ...(words.includes('--steps') ? [] : ['--steps', '2']), ...more, '--json'];
  const outcome = await lm(all, { cwd, ...(input === undefined ? {} : { input }) });
  return { ...outcome, start: outcome.stdout === '' ? {} : jsonLines(outcome.stdout)[0] };
}

function corpusOf(cwd: string, run: string): { path: string; sha256: string }[] {
  return JSON.parse(readFileSync(join(cwd, run, 'config.json'), 'utf8')).corpus;
}

describe('a folder of texts', () => {
  it('is the same text when runs have been written into it', async () => {
    const cwd = folderWith({ 'a.txt': TEXT, 'a.txt~': 'old', '.notes': 'hidden' });
    const first = await train(cwd, '. --name first');
    expect(first.status).toBe(0);
    const second = await train(cwd, '. --name second');
    expect(corpusOf(cwd, 'runs/second')).toEqual(corpusOf(cwd, 'runs/first'));
    expect(second.start.vocabulary).toBe(first.start.vocabulary);
    expect(second.stderr).toBe(
      "left out, as hidden: .notes.\nleft out, as an editor's copy: a.txt~.\nleft out, as a run: runs/first.\n",
    );
    expect(second.start.remarks).toMatchObject([{ count: 1 }, { count: 1 }, { about: 'left out', warning: false }]);
    expect((await train(cwd, '--resume runs/first --steps 4')).status).toBe(0);
  });

  it('may be the folder of the run itself', async () => {
    const cwd = folderWith({ 'a.txt': TEXT });
    expect((await train(cwd, '. --out .')).status).toBe(0);
    const again = await train(cwd, '. --out . --overwrite');
    expect(again.status).toBe(0);
    expect(corpusOf(cwd, '.').map(({ path }) => path)).toEqual([join(cwd, 'a.txt')]);
  });

  it("is read with another program's config.json and tokenizer.json", async () => {
    const cwd = folderWith({ 'a.txt': TEXT, 'config.json': '{"model_type": "bert"}', 'tokenizer.json': '{}' });
    await train(cwd, '. --name run');
    expect(corpusOf(cwd, 'runs/run')).toHaveLength(3);
  });
});

describe('a text', () => {
  it('may be the standard input, and the run goes on with a file of the same text', async () => {
    const cwd = folderWith({ 'same.txt': TEXT, 'other.txt': `${TEXT}.` });
    const piped = await train(cwd, '-', TEXT);
    expect(piped.status).toBe(0);
    await train(cwd, 'same.txt');
    expect(corpusOf(cwd, 'runs/stdin')).toEqual([{ ...corpusOf(cwd, 'runs/same')[0], path: '-' }]);
    const weights = (run: string) => readFileSync(join(cwd, run, 'model.safetensors'));
    expect(weights('runs/stdin').equals(weights('runs/same'))).toBe(true);
    const nameless = await train(cwd, '--resume runs/stdin --steps 4');
    expect(nameless.status).toBe(2);
    expect(nameless.stderr).toMatch(
      /was the standard input: name a file of the same text, lm train --resume runs\/stdin NEWPATH/,
    );
    expect((await train(cwd, '--resume runs/stdin other.txt --steps 4')).stderr).toMatch(/is not the text/);
    expect((await train(cwd, '--resume runs/stdin same.txt --steps 4')).status).toBe(0);
    expect((await train(cwd, '--resume runs/stdin - --steps 6', TEXT)).status).toBe(0);
    const twice = await train(cwd, '- --valid - --name twice', TEXT);
    expect(twice.stderr).toMatch(/The standard input can be read once/);
    expect((await train(cwd, '- --name none', '')).stderr).toBe(
      'error: The standard input is empty; name a file with text in it.\n',
    );
    const measured = await Promise.all(
      ['-', 'same.txt'].map((name) => lm(['eval', 'runs/same', name, '--json'], { cwd, input: TEXT })),
    );
    expect(jsonLines(measured[0].stdout)[0].loss).toBe(jsonLines(measured[1].stdout)[0].loss);
  });

  it('may be packed, and named by a pattern that no shell has seen', async () => {
    const cwd = folderWith({ 'tales.txt.gz': gzipSync(TEXT), 'tales.txt': TEXT, 'other.md': TEXT });
    expect((await train(cwd, '*.txt.gz')).status).toBe(0);
    expect((await train(cwd, 'tales.txt --name plain')).status).toBe(0);
    expect(corpusOf(cwd, 'runs/tales')[0].sha256).toBe(corpusOf(cwd, 'runs/plain')[0].sha256);
    await train(cwd, 'tales* --name both');
    expect(corpusOf(cwd, 'runs/both').map(({ path }) => path)).toEqual([
      join(cwd, 'tales.txt'),
      join(cwd, 'tales.txt.gz'),
    ]);
    const measured = await lm(['eval', 'runs/both', 'tales*', '--json'], { cwd });
    expect(jsonLines(measured.stdout)[0].files).toHaveLength(2);
  });

  it('of several files is held out in part from each, and the header says how much', async () => {
    const cwd = folderWith({ 'a.txt': TEXT, 'b.txt': 'x1y2'.repeat(50), 'v.txt': TEXT });
    const { start } = await train(cwd, 'a.txt b.txt');
    expect(start.shares).toEqual([
      { file: 'a.txt', train: 918, valid: 102 },
      { file: 'b.txt', train: 180, valid: 20 },
    ]);
    expect(start).toMatchObject({ valTokens: 121 });
    const told = await lm(['train', 'a.txt', 'b.txt', '--steps', '1', '--name', 'told', ...TINY], { cwd });
    expect(told.stdout).toMatch(/^corpus .* 121 to validate on, the last 102 of a\.txt, 20 of b\.txt$/m);
    expect((await train(cwd, '--resume runs/a --steps 3')).status).toBe(0);
    const separate = await train(cwd, 'a.txt b.txt --valid v.txt --name separate');
    expect(separate.start).not.toHaveProperty('shares');
    expect(separate.start).toMatchObject({ valTokens: 1019 });
  });

  it('whose lines end with CRLF says that CR is a character, and how to leave it out', async () => {
    const cwd = folderWith({ 'a.txt': TEXT.replaceAll('\n', '\r\n'), 'b.txt': TEXT });
    const { stderr, start } = await train(cwd, 'a.txt');
    expect(stderr).toMatch(/^lines of a\.txt end with CR, .*: --normalize-newlines reads CRLF and CR as LF\.\n$/);
    expect(start.remarks).toMatchObject([{ about: 'line ends', count: 1 }]);
    const without = await train(cwd, 'a.txt --normalize-newlines --name without');
    expect(without.stderr).toBe('');
    expect((await train(cwd, 'b.txt')).start.vocabulary).toBe(without.start.vocabulary);
    expect((await train(cwd, 'a.txt --format lines --name lines')).stderr).toBe('');
  });

  it('that has moved, or the one to validate on, is asked for by its new place', async () => {
    const cwd = folderWith({ 'a.txt': TEXT, 'v.txt': TEXT });
    await train(cwd, 'a.txt --valid v.txt');
    mkdirSync(join(cwd, 'new'));
    renameSync(join(cwd, 'a.txt'), join(cwd, 'new/a.txt'));
    const moved = await train(cwd, '--resume runs/a --steps 4');
    expect(moved.status).toBe(2);
    expect(moved.stderr).toMatch(
      /is no longer at .*a\.txt: if it has moved, name its new place, lm train --resume runs\/a NEWPATH\./,
    );
    renameSync(join(cwd, 'v.txt'), join(cwd, 'new/v.txt'));
    expect((await train(cwd, '--resume runs/a new/a.txt --steps 4')).stderr).toMatch(
      /v\.txt: .* --resume runs\/a --valid NEWPATH\./,
    );
    expect((await train(cwd, '--resume runs/a new/a.txt --valid new/v.txt --steps 4')).status).toBe(0);
  });
});

describe('sizes', () => {
  it('of a poem make batches that fit it, which is said, and stay when the run goes on', async () => {
    const poem = 'Whose woods these are I think I know.\n'.repeat(48);
    const cwd = folderWith({ 'poem.txt': poem, 'line.txt': 'so much depends upon' });
    const words = ['train', 'poem.txt', '--steps', '2', '--hidden', '8', '--threads', '1', '--json'];
    const { status, stdout, stderr } = await lm(words, { cwd });
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /tokens are few: batches are of 16 x 64 \(--batch-size, --seq-length\) in place of 32 x 64\./,
    );
    expect(jsonLines(stdout)[0].remarks).toMatchObject([{ about: 'sizes' }]);
    const { options } = JSON.parse(readFileSync(join(cwd, 'runs/poem/config.json'), 'utf8'));
    expect(options).toMatchObject({ batchSize: 16, seqLength: 64 });
    expect((await lm(['train', '--resume', 'runs/poem', '--steps', '3', '--json'], { cwd })).stderr).toBe('');
    for (const task of ['lm', 'fill']) {
      const line = await lm(['train', 'line.txt', '--task', task, '--steps', '2', '--name', task, '--quiet'], { cwd });
      expect(line).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it('of examples beyond the longest are cut and counted, and refused by --strict', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => (i % 2 ? `red\twarm ${i}` : `blue\tcold ${i}`));
    const long = 'x'.repeat(1200);
    const q = `warm\n${long}\ncold\n`;
    const cwd = folderWith({ 'train.tsv': [`red\t${long}`, ...rows].join('\n'), 'q.txt': q });
    const strict = await train(cwd, 'train.tsv --task classify --strict');
    expect(strict.status).toBe(2);
    expect(strict.stderr).toMatch(/train\.tsv, line 1, has a text of 1200 tokens, over the 1000 of --max-length/);
    const { status, stderr } = await train(cwd, 'train.tsv --task classify');
    expect(status).toBe(0);
    expect(stderr).toBe(
      'warning: cut to the 1000 tokens of --max-length: 1; the longest, a text in train.tsv, line 1, has 1200.\n',
    );
    const answered = await lm(['predict', 'runs/train', '--file', 'q.txt'], { cwd });
    expect(answered.stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(answered.stderr).toContain(
      "warning: a text was cut to the 1000 tokens of the run's --max-length; --strict refuses them.\n",
    );
    const refused = await lm(['predict', 'runs/train', '--file', 'q.txt', '--strict'], { cwd });
    expect(refused.stderr).toMatch(/q\.txt, line 2, has 1200 tokens, over the 1000/);
    const measured = await lm(['eval', 'runs/train', 'train.tsv', '--json'], { cwd });
    expect(measured.stderr).toMatch(/^warning: cut to the 1000 tokens of --max-length: 1; /);
  });
});

describe('labels that training did not see', () => {
  it.each([
    ['classify', 'red\twarm 1\nblue\tcold 1\n', 'red\twarm\ngreen\tnew\n', '1'],
    ['tag', 'Otto\tB-PER\nleaves\tO\n\n', 'Otto\tB-MISC\nleaves\tO\n', '1'],
  ])('are errors in the validation and in lm eval: %s', async (task, row, dev) => {
    const cwd = folderWith({ 'train.tsv': row.repeat(30), 'dev.tsv': dev });
    const told = /^warning: training did not see the (label|tag): (green|B-MISC); what has one counts as an error\.\n/;
    const trained = await train(cwd, `train.tsv --valid dev.tsv --task ${task}`);
    expect(trained.stderr).toMatch(told);
    const { valAccuracy } = jsonLines(trained.stdout).find(({ event }) => event === 'eval')!;
    const measured = await lm(['eval', 'runs/train', 'dev.tsv', '--json'], { cwd });
    expect(measured.stderr).toMatch(told);
    const [result] = jsonLines(measured.stdout);
    expect(result).toMatchObject({ unseen: 1, accuracy: valAccuracy });
    expect(result.accuracy).toBeLessThanOrEqual(0.5);
    expect((await lm(['eval', 'runs/train', 'dev.tsv', '--strict'], { cwd })).stderr).toMatch(/line [12], has the/);
  });
});

describe('what is surely a mistake, or likely', () => {
  const rows = (one: (i: number) => string): string => Array.from({ length: 60 }, (_, i) => `${one(i)}\n`).join('');

  it.each<[string, string, string, RegExp]>([
    [
      'swapped labels',
      '--task classify',
      rows((i) => `a lamp ${i}\t${i % 2 ? 'red' : 'blue'}`),
      /columns of a\.tsv are the wrong way round: its first 60 lines have 60 different labels on 2 different texts; .*label=2,text=1/,
    ],
    [
      'swapped labels of a language model',
      '--format labelled',
      rows((i) => `a lamp ${i}\t${i % 2 ? 'red' : 'blue'}`),
      /wrong way round/,
    ],
    [
      'swapped tags',
      '--task tag',
      rows((i) => `${i % 2 ? 'N' : 'V'}\tword${i}${i % 9 === 8 ? '\n' : ''}`),
      /wrong way round: .* 60 different tags on 2 different tokens; .*token=2,tag=1/,
    ],
    [
      'a tagger without blank lines',
      '--task tag',
      rows((i) => `w${i}\t${i % 3}`),
      /a\.tsv is one sentence of 60 tokens: put an empty line behind each sentence\./,
    ],
    [
      'a label for each',
      '--task classify',
      rows((i) => `l${i}\tlamp ${i}`),
      /60 examples has a label that no other has, .* wrong way round/,
    ],
    ['one label alone', '--task classify', rows((i) => `red\tlamp ${i}`), /All examples in a\.tsv have the label red/],
  ])('is refused: %s', async (_, words, content, message) => {
    const { status, stderr } = await train(folderWith({ 'a.tsv': content }), `a.tsv ${words}`);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  it.each<[string, string, string, RegExp]>([
    [
      'a header row',
      '--task classify',
      `v1\tv2\n${rows((i) => `${i % 2 ? 'red' : 'blue'}\tlamp ${i}`)}`,
      /^warning: a\.tsv, line 1, may be a header row: its label v1 occurs nowhere else; .*--columns label=v1\.\n$/,
    ],
    [
      'a label for each',
      '--task classify --val-split 0',
      rows((i) => `l${i}\tlamp ${i}`),
      /^warning: 60 different labels on 60: nearly/,
    ],
    [
      'a validation that is trained on',
      '--task classify',
      rows((i) => `${i % 2 ? 'red' : 'blue'}\tlamp ${i % 8}`).repeat(4),
      /^warning: 100 % of what is validated on \(24 of 24\) is trained on too/,
    ],
    [
      'lines that come again',
      '--format lines',
      rows((i) => `lamp ${i % 8}`).repeat(4),
      /^warning: 100 % of what is validated/,
    ],
    ['a file twice', '--valid b.tsv', TEXT, /^warning: the same text comes twice, .*: .*b\.tsv and .*a\.tsv\.\n$/],
  ])('is told: %s', async (_, words, content, message) => {
    const cwd = folderWith({ 'a.tsv': content, 'b.tsv': content });
    const { status, stderr, start } = await train(cwd, `a.tsv ${words}`);
    expect(stderr).toMatch(message);
    expect(status).toBe(0);
    expect(start.remarks).toMatchObject([{ about: 'mistake', warning: true }]);
  });

  it('is no header row or swap where the columns are named', async () => {
    const cwd = folderWith({ 'a.tsv': `v1\tv2\n${rows((i) => `lamp ${i}\t${i % 2 ? 'red' : 'blue'}`)}` });
    const { stderr, start } = await train(cwd, 'a.tsv --task classify --columns label=v2,text=v1');
    expect(stderr).toMatch(/^a\.tsv read as a table .* with a header row, label from v2, text from v1\.\n$/);
    expect(start.remarks).toMatchObject([{ about: 'format', count: 1 }]);
    const measured = await lm(['eval', 'runs/a', 'a.tsv', '--json'], { cwd });
    expect(jsonLines(measured.stdout)[0].examples).toBe(60);
  });
});

describe('questions in a file', () => {
  it('are lines whatever ends them, in a file, packed, and on the standard input', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => (i % 2 ? `red\twarm ${i}` : `blue\tcold ${i}`)).join('\n');
    const asked = 'warm lamp\rcold water\r\nwarm\nwell';
    const cwd = folderWith({ 'train.tsv': lines, 'q.txt': asked, 'q.txt.gz': gzipSync(asked) });
    await train(cwd, 'train.tsv --task classify');
    const answers = await Promise.all([
      lm(['predict', 'runs/train', '--file', 'q.txt'], { cwd }),
      lm(['predict', 'runs/train', '--file', 'q.txt.gz'], { cwd }),
      lm(['predict', 'runs/train', '--file', '-'], { cwd, input: asked }),
      lm(['predict', 'runs/train'], { cwd, input: asked }),
    ]);
    expect(answers[0].stdout.trimEnd().split('\n')).toHaveLength(4);
    for (const { stdout } of answers) expect(stdout).toBe(answers[0].stdout);
  });
});
