/** The linter's rules for src/ (biome.json, rooms.grit), shown by breaking each of them in a folder of its own. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Diagnostic {
  message: string;
  category: string;
  location: { path: string; start: { line: number } };
}

/** What the project's linter finds in files given by path and lines: `path:line category or message`, sorted. */
function lint(files: Record<string, string[]>): string[] {
  const folder = temporaryFolder();
  for (const name of ['biome.json', 'rooms.grit', '.gitignore']) copyFileSync(join(ROOT, name), join(folder, name));
  for (const [path, lines] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), lines.join('\n'));
  }
  const args = [
    join(ROOT, 'node_modules/@biomejs/biome/bin/biome'),
    'lint',
    '--reporter=json',
    '--max-diagnostics=none',
  ];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (!stdout.startsWith('{')) throw new Error(`the linter gave no report: ${stderr}`);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
  return diagnostics
    .map(({ message, category, location: { path, start } }) => {
      const what = category === 'plugin' ? message.split(';')[0] : category;
      return `${path}:${start.line} ${what}`;
    })
    .sort();
}

const CIRCLE = 'lint/suspicious/noImportCycles';

test('what the plan allows is not reported', () => {
  const found = lint({
    'src/errors.ts': ['export const error = 1;'],
    'src/index.ts': ["export { step } from './engine/index.ts';", "export { error } from './errors.ts';"],
    'src/cli/main.ts': ["export const load = () => import('../index.ts');", "export * from '../text/index.ts';"],
    'src/engine/index.ts': ["export { step } from './step/step.ts';"],
    'src/engine/step/step.ts': [
      "import { cell } from '../parts/deep/cell.ts';",
      "import { word } from '../../text/index.ts';",
      "import { error } from '../../errors.ts';",
      "export const worker = new URL('./step.ts', import.meta.url);",
      "export const file = new URL('../../../package.json', import.meta.url);",
      'export const step = [cell, word, error];',
    ],
    'src/engine/parts/deep/cell.ts': ["export { word as cell } from '../../../text/index.ts';"],
    'src/text/index.ts': ["export { word } from './tokens/word.ts';"],
    'src/text/tokens/word.ts': ['export const word = 1;'],
    'test/text/word.test.ts': ["export { word } from '../../src/text/tokens/word.ts';"],
  });
  expect(found).toEqual([]);
});

test('a circle of imports is reported, of types and inside of a room too', () => {
  const found = lint({
    'src/text/a.ts': ["import type { B } from './b.ts';", 'export type A = B | 1;'],
    'src/text/b.ts': ["import type { A } from './a.ts';", 'export type B = A | 2;'],
    'src/engine/step/step.ts': ["export const load = () => import('../team/team.ts');"],
    'src/engine/team/team.ts': ["export * from '../step/step.ts';"],
    'src/model/model.ts': ["export type Model = import('./other.ts').Other;"],
  });
  expect(found).toEqual([
    `src/engine/step/step.ts:1 ${CIRCLE}`,
    `src/engine/team/team.ts:1 ${CIRCLE}`,
    'src/model/model.ts:1 A type is imported where it is used',
    `src/text/a.ts:1 ${CIRCLE}`,
    `src/text/b.ts:1 ${CIRCLE}`,
  ]);
});

test('an import from a room that is not below is reported', () => {
  const found = lint({
    'src/kernels/load.ts': ["import type { Engine } from '../engine/index.ts';", 'export type Load = Engine;'],
    'src/text/read/lines.ts': ["export * from '../../model/index.ts';", "export * from '../../decode/index.ts';"],
    'src/engine/parts/deep/cell.ts': ["export const load = () => import('../../../cli/index.ts');"],
    'src/engine/team/team.ts': ["export const worker = new Worker(new URL('../../train/index.ts', import.meta.url));"],
    'src/run/run.ts': ["export * from '../index.ts';", "export * from '../elsewhere/index.ts';"],
    'src/random.ts': ["export * from './kernels/index.ts';"],
  });
  expect(found).toEqual([
    'src/engine/parts/deep/cell.ts:1 src/engine may not import src/cli/index.ts',
    'src/engine/team/team.ts:1 src/engine may not import src/train/index.ts',
    'src/kernels/load.ts:1 src/kernels may not import src/engine/index.ts',
    'src/random.ts:1 src/random may not import src/kernels/index.ts',
    'src/run/run.ts:1 src/run may not import src/index.ts',
    'src/run/run.ts:2 src/run may not import src/elsewhere/index.ts',
    'src/text/read/lines.ts:2 src/text may not import src/decode/index.ts',
  ]);
});

test('a room that is entered by another file than its index is reported', () => {
  const found = lint({
    'src/index.ts': ["export * from './text/words.ts';"],
    'src/cli/info.ts': ["import type { Kernel } from '../kernels/load.ts';", 'export type Info = Kernel;'],
    'src/engine/parts/lstm.ts': ["export * from '../../kernels/wasm/index.ts';"],
  });
  expect(found).toEqual([
    'src/cli/info.ts:1 src/cli enters src/kernels by kernels/load.ts',
    'src/engine/parts/lstm.ts:1 src/engine enters src/kernels by kernels/wasm/index.ts',
    'src/index.ts:1 src/index enters src/text by text/words.ts',
  ]);
});

test('every folder of src/ is in the order of rooms', () => {
  const order = readFileSync(join(ROOT, 'rooms.grit'), 'utf8')
    .match(/\$rooms = " (.*) "/)?.[1]
    .split(' ');
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) expect(order).toContain(name);
});
