/** The help of every command fits 80 columns, comes in groups, and has examples, every one of which is run. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lm } from '../cli/lm.ts';
import { ROOT } from './pages.ts';
import { prepare, shorten, split } from './reader.ts';

const COMMANDS = ['', 'train', 'sample', 'predict', 'score', 'eval', 'info', 'inspect'];
const PARTS = ['inspect agreement', 'inspect gradients', 'inspect gates'];

/** Runs that the examples ask, besides those of `prepare`. */
const RUNS = [
  'corpora/names.tsv --task classify --name names',
  'corpora/tags.tsv --task tag --name tags',
  'corpora/numbers.tsv --task translate --name numbers',
  'corpora/tales.txt --task fill --name blanks',
  'corpora/agreement.txt --tokenizer word --pretokenized --format lines --name agreement',
];

async function helpOf(command: string, cwd: string): Promise<string> {
  const { status, stdout, stderr } = await lm([...command.split(' ').filter(Boolean), '--help'], { cwd });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

describe('the help', { timeout: 300_000 }, () => {
  let cwd = '';
  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
    await prepare(cwd);
    cpSync(join(ROOT, 'corpora/names.tsv'), join(cwd, 'names.tsv'));
    for (const words of RUNS) {
      expect(await lm([...shorten(['train', ...words.split(' ')], 0), '--quiet'], { cwd })).toMatchObject({
        status: 0,
      });
    }
  }, 300_000);
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  it.each([...COMMANDS, ...PARTS])('of lm %s fits 80 columns, and has examples that run', async (command) => {
    const help = await helpOf(command, cwd);
    for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    const examples = help
      .slice(help.indexOf('\nExamples:\n'))
      .split('\n')
      .filter((line) => line.startsWith('  lm '));
    expect(examples.length).toBeGreaterThan(0);
    for (const [n, example] of examples.entries()) {
      const [, ...words] = split(example.trim().replace(/ \| .*$/, ''));
      const training = words[0] === 'train' && !words.includes('--help');
      const { status, stderr } = await lm(training ? shorten(words, n) : words, { cwd });
      expect({ example, status, error: status === 0 ? '' : stderr }).toEqual({ example, status: 0, error: '' });
    }
  });

  it('of commands with many options comes in groups of a few', async () => {
    for (const command of ['train', 'sample', 'predict']) {
      const groups = (await helpOf(command, cwd)).split(/\n\n(?=[A-Z][^\n]*:\n)/).slice(1);
      expect(groups.length).toBeGreaterThan(4);
      for (const group of groups) expect(group.match(/^ {2}-/gm)?.length ?? 0, group).toBeLessThan(20);
    }
  });
});
