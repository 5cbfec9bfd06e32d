/**
 * `npm run build:platforms [-- python]`: compiles the native kernels for every platform into dist/kernels, where the
 * published package has them. Zig's C compiler does it all from one machine: `pip install ziglang` for the Python that is
 * named (python3).
 */

import { compileNative } from './native-library.ts';

/** Zig's name of each platform; an old C library, so that the libraries load on old systems too. */
const TARGETS = [
  ['linux', 'x64', 'x86_64-linux-gnu.2.17'],
  ['linux', 'arm64', 'aarch64-linux-gnu.2.17'],
  ['darwin', 'x64', 'x86_64-macos'],
  ['darwin', 'arm64', 'aarch64-macos'],
  ['win32', 'x64', 'x86_64-windows-gnu'],
  ['win32', 'arm64', 'aarch64-windows-gnu'],
];

const [python = 'python3'] = process.argv.slice(2);
for (const [platform, architecture, target] of TARGETS) {
  // Without symbols that nobody asks for, which only the last of the calls can leave out.
  const zig = [python, '-m', 'ziglang', 'cc', '-s', '-Wno-unused-command-line-argument', '-target', target];
  console.log(compileNative(zig, platform, architecture));
}
