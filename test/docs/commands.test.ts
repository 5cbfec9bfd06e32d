/**
 * Every `lm` command of the pages is run, in the order of its page, in a folder that has what a reader would have there.
 * Training is cut to one step of a small model, and what it leaves is what the page's later commands ask.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lm } from '../cli/lm.ts';
import { temporaryFolder } from '../temporary.ts';
import { inlineCode, PAGES, readPage } from './pages.ts';
import { prepare, shorten, split } from './reader.ts';

interface Command {
  line: number;
  words: string[];
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

test.each(PAGES.filter((page) => commandsOf(page).length > 0))('%s', { timeout: 300_000 }, async (page) => {
  const cwd = temporaryFolder();
  await prepare(cwd);
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
