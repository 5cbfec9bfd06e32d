/**
 * Every `lm` command of the pages is run, in the order of its page, in a folder that has what a reader would have there.
 * Training is cut to one step of a small model, and what it leaves is what the page's later commands ask.
 */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { lm } from '../cli/lm.ts';
import { temporaryFolder } from '../temporary.ts';
import { inlineCode, PAGES, ROOT, readPage } from './pages.ts';

interface Command {
  line: number;
  words: string[];
}

/** Words of a shell's command; quotes hold words together. */
function split(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
}

/** Commands of `lm` and `cmp` in a page's shell blocks, and those of its prose that are there to be typed: `npx lm …`. */
function commandsOf(page: string): Command[] {
  const { prose, blocks } = readPage(page);
  const inBlocks = blocks
    .filter(({ language }) => language === '' || language === 'sh')
    .flatMap(({ line, code }) => {
      const lines = code.split('\n').map((text, i) => ({ line: line + i, text }));
      // A recorded session marks what was typed, the rest is what the program said.
      const typed = code.startsWith('$ ') ? lines.filter(({ text }) => text.startsWith('$ ')) : lines;
      return typed.flatMap(({ line, text }) =>
        text
          .replace(/^\$ /, '')
          .replace(/\s+# .*$/, '')
          .split(' && ')
          .map((part) => ({ line, code: part.trim() })),
      );
    });
  const inProse = inlineCode(prose).filter(({ code }) => code.startsWith('npx lm '));
  return [...inBlocks, ...inProse]
    .filter(({ code }) => /^(?:(?:npx )?lm|cmp) /.test(code))
    .sort((a, b) => a.line - b.line)
    .map(({ line, code }) => ({ line, words: split(code.replace(/^npx /, '')) }));
}

/** Texts that a reader brings along. */
const TEXTS = [
  'my.txt',
  'my.valid.txt',
  'a.txt',
  'b.txt',
  'stories/one.txt',
  'new/place/my.txt',
  'ptb.train.txt',
  'ptb.valid.txt',
  'words.txt',
];
const TEXT = 'The fox said good morning to the crow. The crow said nothing at all.\n'.repeat(400);

/** Cuts training short, by flags that win over a command's own; `n` is its number on the page, from 0. */
function shorten(words: readonly string[], n: number): string[] {
  // What a resumed run had trained so far is less than this.
  if (words.includes('--resume')) return [...words, '--steps', String(n + 2)];
  return [...words, '--steps', '1', '--hidden', '8', '--layers', '1', '--threads', '1', '--overwrite'];
}

async function prepare(): Promise<string> {
  const folder = temporaryFolder();
  cpSync(join(ROOT, 'corpora'), join(folder, 'corpora'), { recursive: true });
  for (const name of TEXTS) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), TEXT);
  }
  for (const words of [['train'], ['train', 'my.txt']]) await lm(shorten(words, 0), { cwd: folder });
  return folder;
}

test.each(PAGES.filter((page) => commandsOf(page).length > 0))('%s', { timeout: 300_000 }, async (page) => {
  const cwd = await prepare();
  for (const [n, { line, words }] of commandsOf(page).entries()) {
    const [program, ...args] = words;
    const command = `${page}:${line} ${words.join(' ')}`;
    if (program === 'cmp') {
      const [one, two] = args.map((file) => readFileSync(join(cwd, file)));
      expect(one.equals(two), command).toBe(true);
      continue;
    }
    const { status, stderr } = await lm(args[0] === 'train' ? shorten(args, n) : args, { cwd });
    expect({ command, status, error: status === 0 ? '' : stderr }).toEqual({ command, status: 0, error: '' });
  }
});

test('the README has the two commands of the start', () => {
  const { blocks } = readPage('README.md');
  const starts = blocks.map(({ code }) => code.split('\n').map((line) => line.replace(/\s+# .*$/, '')));
  expect(starts).toContainEqual(['npm ci && npx lm train', 'npm cit', '']);
});
