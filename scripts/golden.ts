/**
 * Writes down anew what the golden tests compare with: `npx tsx scripts/golden.ts`. Only for a change that is meant to change
 * results; what `git diff` then shows are the results that it changed.
 *
 * Loaded models take the fastest kernels of the machine, so that their answers are written down twice: the strict ones by a
 * process of its own. Without fused multiply-add the others stay as they are.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const isStrict = process.argv[2] === 'strict';
// Before the library is loaded.
if (isStrict) await import('../test/golden/strict-only.ts');
const { trainCases } = await import('../test/golden/cases.ts');
const { writeData } = await import('../test/golden/data.ts');
const { askOldRun, oldRuns, resumeOldRun } = await import('../test/golden/old-runs.ts');
const { askedModels, kernelsHere, trainAndAsk } = await import('../test/golden/questions.ts');
const { recordCase } = await import('../test/golden/record.ts');

type Json = Record<string, unknown>;

function file(name: string): string {
  return fileURLToPath(new URL(`../test/golden/${name}`, import.meta.url));
}

/** JSON with a line for each value `depth` levels down. */
function inLines(value: unknown, depth: number): string {
  if (depth === 0 || typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${inLines(one, depth - 1)}`);
  return `{\n${members.join(',\n')}\n}`;
}

function write(name: string, value: Json, depth: number): void {
  writeFileSync(file(name), `${inLines(value, depth)}\n`);
}

/** Changes a part of a file and leaves the others. */
function writePart(name: string, part: string, value: Json): void {
  const parts = existsSync(file(name)) ? (JSON.parse(readFileSync(file(name), 'utf8')) as Json) : {};
  write(name, { ...parts, [part]: value }, 3);
}

const folder = mkdtempSync(join(tmpdir(), 'gatelm-'));
try {
  const data = writeData(folder);
  const kernels = await kernelsHere(folder, data['more.txt']);
  if (!isStrict) {
    const weights: Json = {};
    for (const [name, one] of trainCases) weights[name] = await recordCase(name, one, data, folder);
    write('weights.json', weights, 2);
    const resumed: Json = {};
    for (const name of Object.keys(oldRuns)) resumed[name] = await resumeOldRun(name, join(folder, 'resumed'));
    writePart('old-runs.json', 'resumed', resumed);
  }
  const texts: Json = {};
  for (const name of Object.keys(askedModels)) texts[name] = await trainAndAsk(name, data, folder);
  writePart('texts.json', kernels, texts);
  const old: Json = {};
  for (const name of Object.keys(oldRuns)) old[name] = await askOldRun(name, join(folder, 'old'));
  writePart('old-runs.json', kernels, old);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (!isStrict) {
  execFileSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), 'strict'], { stdio: 'inherit' });
}
