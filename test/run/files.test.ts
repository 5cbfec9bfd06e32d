import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError, RunError } from '../../src/errors.ts';
import { readRunFile, writeFileAtomic } from '../../src/run/files.ts';
import { temporaryFolder } from '../temporary.ts';

describe('writeFileAtomic', () => {
  it('writes, replaces, and leaves nothing else behind', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    writeFileAtomic(path, 'first');
    writeFileAtomic(path, [Buffer.from('sec'), Buffer.from('ond')]);
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('leaves the old file whole when it fails before the rename', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    writeFileAtomic(path, 'old');
    const broken = [Buffer.from('new, '), null as unknown as Uint8Array];
    expect(() => writeFileAtomic(path, broken)).toThrow(RunError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('overwrites what a crash before the rename left', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    writeFileAtomic(path, 'old');
    writeFileSync(`${path}.tmp`, 'half a fi');
    expect(readFileSync(path, 'utf8')).toBe('old');
    writeFileAtomic(path, 'new');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('says why it could not write', () => {
    const folder = temporaryFolder();
    expect(() => writeFileAtomic(join(folder, 'none', 'file'), '')).toThrow(/none.file: its folder does not exist\.$/);
    mkdirSync(join(folder, 'directory'));
    expect(() => writeFileAtomic(join(folder, 'directory'), 'x')).toThrow(RunError);
    expect(readdirSync(folder)).toEqual(['directory']);
  });
});

describe('readRunFile', () => {
  it('says what is wrong with a file', () => {
    const folder = temporaryFolder();
    expect(() => readRunFile(join(folder, 'none'))).toThrow(InputError);
    expect(() => readRunFile(folder)).toThrow('it is a folder');
  });
});
