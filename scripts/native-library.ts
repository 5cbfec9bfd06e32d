/** The library of native kernels (src/kernels/native), compiled for a platform. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryFile } from '../src/kernels/native.ts';

const SOURCES = fileURLToPath(new URL('../src/kernels/native/', import.meta.url));

/** Without contraction: a multiply-add is one where the source says so, and nowhere else. */
const FLAGS = ['-std=gnu11', '-O3', '-ffp-contract=off', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror'];

/** What the compiler needs for each of an architecture's instruction sets. */
const AVX2 = ['-mavx2', '-mfma'];
const AVX512 = [...AVX2, '-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl'];
const SETS: { readonly [architecture: string]: { readonly [set: string]: readonly string[] } } = {
  x64: { avx2: AVX2, avx512: AVX512, avx512bf16: [...AVX512, '-mavx512bf16'] },
  arm64: { neon: [] },
};

/**
 * Compiles the library for a platform by a command that takes a C compiler's arguments. Throws an Error with what the
 * compiler says.
 */
export function compileNative(command: readonly string[], platform: string, architecture: string): string {
  const sets = Object.entries(SETS[architecture] ?? {});
  if (sets.length === 0) throw new Error(`they are not written for ${architecture}`);
  const position = platform === 'win32' ? [] : ['-fPIC'];
  const folder = mkdtempSync(join(tmpdir(), 'gatelm-native-'));
  const run = (...words: string[]): void => {
    const [program, ...first] = command;
    const all = [...first, ...FLAGS, ...position, ...words];
    const { status, stderr, error } = spawnSync(program, all, { encoding: 'utf8' });
    if (error) throw new Error(`there is no ${program}`);
    if (status !== 0) throw new Error(`${program} ${words.join(' ')} failed:\n${stderr}`);
  };
  try {
    const objects = sets.map(([set, flags]) => {
      const object = join(folder, `${set}.o`);
      run(...flags, `-DINSTRUCTIONS=${set}`, '-c', join(SOURCES, 'kernels.c'), '-o', object);
      return object;
    });
    const file = fileURLToPath(libraryFile(platform, architecture));
    mkdirSync(dirname(file), { recursive: true });
    run('-shared', join(SOURCES, 'library.c'), ...objects, '-o', file);
    return file;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
