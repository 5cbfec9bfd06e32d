/** Memory of a training run on a text that is far larger than it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOurs } from './child.ts';
import { MEGABYTE, progress, type Section } from './section.ts';
import { writeText } from './text.ts';

export const benchMemory: Section = async ({ quick, threads }) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatelm-bench-'));
  try {
    const rows = [];
    const valid = join(folder, 'valid.txt');
    writeText(valid, 100_000, 'latin');
    for (const megabytes of quick ? [1, 50] : [1, 100, 1000]) {
      const file = join(folder, 'text.txt');
      writeText(file, megabytes * 1e6, 'latin');
      progress(`training on ${megabytes} MB of text`);
      const work = { kind: 'file', file, valid } as const;
      const { peakMemory, engineMemory } = await runOurs({ work, threads, seconds: 0 });
      const above = (peakMemory - engineMemory) / MEGABYTE;
      rows.push([`${megabytes} MB`, peakMemory / MEGABYTE, engineMemory / MEGABYTE, above]);
    }
    return [
      {
        title: 'Memory',
        about: 'Peak resident size of a training run on characters with the default model, by the size of the text.',
        columns: ['text', 'peak MB', "engine's own MB", 'above it'],
        rows,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};
