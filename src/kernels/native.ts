/**
 * The kernels in C (native/), from the library that the build or the package has for this platform. Which of them there
 * are, `NATIVE` says; every other one is WebAssembly's, on the same memory.
 *
 * They are called through koffi, which is loaded only here. It is an optional dependency: without it, or without a
 * library, there are no native kernels, and nothing else changes.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type koffi from 'koffi';
import { type RawKernels, signatures } from './contract.ts';

/** Kernels that the library has. */
const NATIVE = [
  'productRows',
  'productColumns',
  'packPairs',
  'packPairsTransposed',
  'productPairs',
  'productColumnsPairs',
  'lstmForward',
  'lstmBackward',
  'gruAfterForward',
  'gruBeforeGates',
  'gruBeforeForward',
  'gruSimpleForward',
  'rnnForward',
  'minGruForward',
  'softmaxExponentials',
  'scaleRows',
  'scale',
  'adam',
  'rmsprop',
  'sgd',
  'lion',
  'dropout',
] as const satisfies (keyof RawKernels)[];

/** Instruction sets of an architecture, as the kernels' names end; each includes the one before. */
export const SETS: { readonly [architecture: string]: readonly string[] } = {
  x64: ['avx2', 'avx512', 'avx512bf16'],
  arm64: ['neon'],
};

/** Holds the native kernels to an instruction set, to compare. */
const LIMIT = 'GATELM_INSTRUCTIONS';

const EXTENSIONS: { readonly [platform: string]: string } = { darwin: 'dylib', win32: 'dll' };

/** Where the library for a platform is, beside the compiled WebAssembly: the same place from src/ and from dist/. */
export function libraryFile(platform: string, architecture: string): URL {
  const name = `native-${platform}-${architecture}.${EXTENSIONS[platform] ?? 'so'}`;
  return new URL(`../../dist/kernels/${name}`, import.meta.url);
}

export interface NativeLibrary {
  file: string;
  /** The instruction set of the kernels in use. */
  instructions: string;
  /** Whether that takes pairs of bfloat16 at once. */
  hasBfloat16: boolean;
  /** These kernels on a memory, in place of some of `others` on the same. */
  kernels(memory: WebAssembly.Memory, others: RawKernels): RawKernels;
}

let library: NativeLibrary | undefined;

/** The library, loaded once a thread. Throws an Error that says why it can't be. */
export function nativeLibrary(): NativeLibrary {
  library ??= openLibrary(process.env[LIMIT]);
  return library;
}

/** The library with the instruction set that `limit` names, or the best there is. */
export function openLibrary(limit?: string): NativeLibrary {
  const { platform, arch } = process;
  const file = fileURLToPath(libraryFile(platform, arch));
  if (!existsSync(file)) {
    throw new Error(
      `there is no ${file}; in a clone of the repository npm run build:native makes it with a C compiler`,
    );
  }
  const { load } = createRequire(import.meta.url)('koffi') as typeof koffi;
  const opened = load(file);
  const sets = SETS[arch].slice(0, (opened.func('supported', 'int', []) as () => number)());
  const instructions = limit === undefined ? sets.at(-1) : sets.find((set) => set === limit);
  if (instructions === undefined) {
    const has =
      sets.length === 0 ? `none of ${SETS[arch].join(', ')}` : `${sets.join(', ')}, and not ${LIMIT}=${limit}`;
    throw new Error(`of the instructions that they are written in this processor has ${has}`);
  }
  const addressOf = opened.func('addressOf', 'uint64_t', ['void *']) as (bytes: Uint8Array) => number;
  const functions = NATIVE.map((name) => {
    const [returns, ...operands] = signatures[name].split(' ');
    return [name, opened.func(`${name}_${instructions}`, returns, ['uint64_t', ...operands])] as const;
  });
  return {
    file,
    instructions,
    hasBfloat16: instructions === 'avx512bf16',
    kernels(memory, others) {
      // A WebAssembly memory never moves.
      const base = addressOf(new Uint8Array(memory.buffer));
      return { ...others, ...Object.fromEntries(functions.map(([name, call]) => [name, call.bind(null, base)])) };
    },
  };
}
