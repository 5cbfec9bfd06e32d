import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { chooseFolder, findRun } from '../../src/run/run.ts';
import { temporaryFolder } from '../temporary.ts';

/** A folder that holds a run, last trained at `time` (seconds). */
function run(folder: string, time = 0): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), '');
  utimesSync(join(folder, 'config.json'), time, time);
  return folder;
}

describe('chooseFolder', () => {
  it('names a run for its first file, unless it is told', () => {
    expect(chooseFolder(['texts/my book.txt', 'b.txt'], {})).toBe(join('runs', 'my book'));
    expect(chooseFolder(['texts/novels/'], {})).toBe(join('runs', 'novels'));
    expect(chooseFolder(['a.txt'], { name: 'x' })).toBe(join('runs', 'x'));
    expect(chooseFolder(['a.txt'], { out: 'there' })).toBe('there');
    expect(chooseFolder(['a.txt'], { out: 'there', name: 'x' })).toBe(join('there', 'x'));
  });

  it('refuses a folder that holds a run, or part of one, unless it may be replaced', () => {
    const out = run(join(temporaryFolder(), 'run'));
    expect(() => chooseFolder(['a.txt'], { out })).toThrow(InputError);
    expect(chooseFolder(['a.txt'], { out, overwrite: true })).toBe(out);
    const part = temporaryFolder();
    writeFileSync(join(part, 'model.safetensors'), '');
    expect(() => chooseFolder(['a.txt'], { out: part })).toThrow('already holds a run');
    expect(chooseFolder(['a.txt'], { out: temporaryFolder() })).not.toBe('');
  });

  it('refuses names that lead elsewhere, and files', () => {
    for (const name of ['a/b', '..', '.', '', 'a\0']) expect(() => chooseFolder(['a'], { name })).toThrow(InputError);
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => chooseFolder(['a'], { out: file })).toThrow('is a file');
    expect(() => chooseFolder(['a'], { out: '' })).toThrow(InputError);
  });
});

describe('findRun', () => {
  it('takes a run as it is, or the one trained last in a folder of them', () => {
    const folder = temporaryFolder();
    run(join(folder, 'old'), 1000);
    run(join(folder, 'new'), 3000);
    run(join(folder, 'middle'), 2000);
    mkdirSync(join(folder, 'other'));
    expect(findRun(folder)).toBe(join(folder, 'new'));
    expect(findRun(join(folder, 'old'))).toBe(join(folder, 'old'));
  });

  it('says that there is none', () => {
    expect(() => findRun(temporaryFolder())).toThrow(/is no run, and holds none/);
  });
});
