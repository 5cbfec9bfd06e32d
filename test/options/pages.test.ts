import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { flagName } from '../../src/errors.ts';
import { cellNames } from '../../src/model/index.ts';
import { optionNames } from '../../src/options/table.ts';
import { temporaryFolder } from '../temporary.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function optionTables(...words: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'scripts/option-tables.ts', ...words], {
    cwd: ROOT,
    encoding: 'utf8',
  });
}

function page(...groups: string[]): string {
  const file = join(temporaryFolder(), 'page.md');
  writeFileSync(
    file,
    groups.map((group) => `<!-- options: ${group} -->\nold\n<!-- /options -->\nbetween\n`).join('\n'),
  );
  return file;
}

describe('the tables of options in pages', () => {
  it('are up to date', () => {
    expect(optionTables('--check')).toMatchObject({ status: 0, stderr: '' });
  });

  it('have every option of a training run, with its values and its default', () => {
    const file = page(...['text', 'model', 'length', 'optimizer', 'machine'].map((group) => `train ${group}`));
    const stale = optionTables('--check', file);
    expect(stale.status).toBe(1);
    expect(stale.stderr).toContain(`${file} are not up to date`);
    expect(readFileSync(file, 'utf8')).toContain('old');

    expect(optionTables(file).status).toBe(0);
    const text = readFileSync(file, 'utf8');
    for (const name of optionNames) if (name !== 'files') expect(text).toContain(`| \`${flagName(name)}`);
    expect(text).toContain(`| \`--cell ${cellNames.join('\\|')}\` | kind of recurrent cell |  | lstm; classify: gru |`);
    expect(text).toContain('| `--bidirectional`, `--no-bidirectional` |');
    expect(text).toMatch(/label<TAB>text` a line, .*\| lm \|\n/);
    expect(text).not.toContain('old');
    expect(text.match(/^between$/gm)).toHaveLength(5);
    expect(optionTables('--check', file).status).toBe(0);
  });

  it('name the part of lm inspect, and once what all parts have', () => {
    const file = page('inspect', 'sample', 'predict', 'eval', 'info', 'train run');
    expect(optionTables(file).status).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('| `--units <n>` | gates: units of a layer to show | 8 |');
    expect(text.match(/\| `--json` \| one JSON object \|/g)).toHaveLength(3);
    expect(text).toContain('| `--show-attention` |');
    expect(text).toContain('`runs/<name>`');
  });

  it('are known by name', () => {
    expect(optionTables(page('train nonsense')).stderr).toContain('has a place for options "train nonsense"');
  });
});
