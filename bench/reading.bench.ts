/** Reading text into tokens: megabytes a second, from a file in the system's cache to token ids with their vocabulary. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOurs } from './child.ts';
import { median } from './clock.ts';
import { progress, type Section } from './section.ts';
import { type Script, writeText } from './text.ts';

const CASES: readonly { about: string; script: Script; tokenizer: 'char' | 'word' }[] = [
  { about: 'characters, ASCII', script: 'latin', tokenizer: 'char' },
  { about: 'characters, four scripts', script: 'mixed', tokenizer: 'char' },
  { about: 'words, ASCII', script: 'latin', tokenizer: 'word' },
  { about: 'words, four scripts', script: 'mixed', tokenizer: 'word' },
];

export const benchReading: Section = async ({ quick, runs }) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatelm-bench-'));
  const bytes = (quick ? 10 : 100) * 1e6;
  try {
    const files = { latin: join(folder, 'latin.txt'), mixed: join(folder, 'mixed.txt') };
    writeText(files.latin, bytes, 'latin');
    writeText(files.mixed, bytes, 'mixed');
    const rows = [];
    for (const { about, script, tokenizer } of CASES) {
      const rates = [];
      for (let i = 0; i < runs; i++) {
        const work = { kind: 'read', file: files[script], tokenizer } as const;
        rates.push((await runOurs({ work, threads: 1, seconds: 0 })).rate);
      }
      progress(`reading ${about}: ${(median(rates) / 1e6).toFixed(0)} MB/s`);
      rows.push([about, median(rates) / 1e6]);
    }
    return [
      {
        title: 'Reading',
        about: `From a file of ${bytes / 1e6} MB to token ids and a vocabulary, in a process that has just started.`,
        columns: ['tokens', 'MB/s'],
        rows,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};
