/**
 * `npm run test:arm [-- python]`: the native kernels for NEON, run under qemu, give the bits of those for AVX2. Needs an
 * x64 machine with a C compiler, `qemu-aarch64` (Debian's qemu-user), and a Python with ziglang, which compiles for the
 * other processor.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('native.c', import.meta.url));
const FLAGS = ['-O3', '-ffp-contract=off', PROGRAM, '-o'];

const [python = 'python3'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'gatelm-arm-'));
try {
  const [here, there] = [join(folder, 'avx2'), join(folder, 'neon')];
  execFileSync('cc', ['-mavx2', '-mfma', '-DINSTRUCTIONS=avx2', ...FLAGS, here]);
  const zig = ['-m', 'ziglang', 'cc', '-target', 'aarch64-linux-musl', '-static'];
  execFileSync(python, [...zig, '-DINSTRUCTIONS=neon', ...FLAGS, there]);
  const expected = execFileSync(here, { encoding: 'utf8' }).trim().split('\n');
  const printed = execFileSync('qemu-aarch64', [there], { encoding: 'utf8' }).trim().split('\n');
  const wrong = expected.flatMap((line, i) => (line === printed[i] ? [] : [`${line}, not ${printed[i]}`]));
  if (wrong.length > 0) throw new Error(`NEON differs from AVX2:\n${wrong.join('\n')}`);
  console.log(`${expected.length} results of NEON have the bits of AVX2`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
