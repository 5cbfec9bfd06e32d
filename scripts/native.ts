/**
 * `npx tsx scripts/native.ts`: compiles the kernels in C for this machine into dist/kernels, with the C compiler that
 * `CC` names, or `cc`. Where there is none, or one that does not know the processor, they are left out: WebAssembly's
 * are there.
 */

import { compileNative } from './native-library.ts';

try {
  console.log(`native kernels: ${compileNative([process.env.CC ?? 'cc'], process.platform, process.arch)}`);
} catch (error) {
  console.log(`native kernels: left out; ${error instanceof Error ? error.message : error}`);
}
