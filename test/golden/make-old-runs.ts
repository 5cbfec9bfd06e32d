/**
 * Makes the runs in test/fixtures/old-runs that are not there: `npx tsx test/golden/make-old-runs.ts`. Those that are stay as they
 * are, as they stand for runs that users have.
 */

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { train } from '../../src/index.ts';
import { writeData } from './data.ts';
import { oldRuns, STOPPED_AT } from './old-runs.ts';

const TEXTS = {
  characters: 'more.txt',
  labelled: 'other.tsv',
  'tied-words': 'tales.txt',
  'adaptive-words': 'sentences.txt',
  classify: 'other.tsv',
  tag: 'tags.tsv',
  fill: 'names.txt',
} as const;

// Its name stays in the runs.
const place = join(tmpdir(), 'gatelm-old-runs');
mkdirSync(place);
const scratch = mkdtempSync(join(tmpdir(), 'gatelm-'));
try {
  const data = writeData(scratch);
  const pairs = Array.from({ length: 60 }, (_, i) => `${i + 11}\t${i % 7} and ${i % 5} of ten`);
  for (const [name, { options }] of Object.entries(oldRuns)) {
    const to = fileURLToPath(new URL(`../fixtures/old-runs/${name}`, import.meta.url));
    if (existsSync(to)) continue;
    const text = join(place, 'text.txt');
    if (name === 'translate') writeFileSync(text, `${pairs.join('\n')}\n`);
    else copyFileSync(data[TEXTS[name as keyof typeof TEXTS]], text);
    const stop = new AbortController();
    const onEvent = (event: { event: string; step: number }): void => {
      if (event.event === 'step' && event.step === STOPPED_AT) stop.abort();
    };
    const { run } = await train({
      ...options,
      files: [text],
      out: join(place, 'run'),
      overwrite: true,
      signal: stop.signal,
      onEvent,
    });
    mkdirSync(to, { recursive: true });
    copyFileSync(text, join(to, 'text.txt'));
    const files = ['config', 'tokenizer', 'target-tokenizer', 'labels'].map((file) => `${file}.json`);
    for (const file of [...files, 'metrics.jsonl', 'model.safetensors', 'checkpoint.safetensors']) {
      if (existsSync(join(run, file))) copyFileSync(join(run, file), join(to, file));
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
  rmSync(place, { recursive: true, force: true });
}
