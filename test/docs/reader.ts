/** What a reader of the pages and the help does: has texts, and types commands. Training is cut to one step of a small model. */

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lm } from '../cli/lm.ts';
import { ROOT } from './pages.ts';

/** Words of a shell's command; quotes hold words together. */
export function split(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
}

/** Texts that a reader brings along. */
const TEXTS = [
  'my.txt',
  'my.valid.txt',
  'a.txt',
  'b.txt',
  'stories/one.txt',
  'new/place/my.txt',
  'other.txt',
  'names.txt',
  'ptb.txt',
  'ptb.train.txt',
  'ptb.valid.txt',
  'words.txt',
];
const TEXT = 'The fox said good morning to the crow. The crow said nothing at all.\n'.repeat(400);

/** Cuts training short, by flags that win over a command's own; `n` is its number on the page, from 0. */
export function shorten(words: readonly string[], n: number): string[] {
  // What a resumed run had trained so far is less than this.
  if (words.includes('--resume')) return [...words, '--steps', String(n + 2)];
  return [...words, '--steps', '1', '--hidden', '8', '--layers', '1', '--threads', '1', '--overwrite'];
}

/** Puts texts and runs into the folder. */
export async function prepare(folder: string): Promise<void> {
  cpSync(join(ROOT, 'corpora'), join(folder, 'corpora'), { recursive: true });
  for (const name of TEXTS) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), TEXT);
  }
  for (const words of [['train'], ['train', 'my.txt']]) await lm(shorten(words, 0), { cwd: folder });
}
