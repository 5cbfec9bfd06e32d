/**
 * Loads the compiled kernels and picks a variant of them.
 *
 * Three come from one source (assembly/). `strict` multiplies and adds with two roundings: the same bits on every
 * machine. `fma` uses relaxed SIMD's fused multiply-add. `wide` is laid out so that V8 joins pairs of its 128-bit
 * operations into 256-bit ones (`--experimental-wasm-revectorize`: V8 of Node 24 and newer, x64), which doubles the
 * rate. `native` has kernels in C in place of some of these (native.ts). The bits of `native`, `wide` and `fma` are the
 * same.
 */

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { InputError, option } from '../errors.ts';
import { bind, type Kernels, type RawKernels } from './contract.ts';
import { nativeLibrary } from './native.ts';
import { address, at, f32Index, NOWHERE, PANEL, ROW, shifted } from './panels.ts';

/** Fastest first. */
const VARIANTS = ['native', 'wide', 'fma', 'strict'] as const;
export type KernelVariant = (typeof VARIANTS)[number];
/** Those that are WebAssembly. */
type CompiledVariant = Exclude<KernelVariant, 'native'>;
export type KernelChoice = 'auto' | KernelVariant;

/** What operands of products are rounded to; sums are in single precision. */
export type Precision = 'f32' | 'bf16';
export type PrecisionChoice = 'auto' | Precision;

const NODE_MAJOR = Number(process.versions.node.split('.')[0]);
const REVECTORIZES = NODE_MAJOR >= 24 && process.arch === 'x64';

let flagsSet = false;

/**
 * Turns on what the kernels need of V8. The flags hold for the process, workers included, and must be there before
 * the first module is compiled. V8 prints an error for a flag that it doesn't know, so the version decides.
 */
function setFlags(): void {
  if (flagsSet) return;
  flagsSet = true;
  if (REVECTORIZES) setFlagsFromString('--experimental-wasm-revectorize');
  else if (NODE_MAJOR < 22) setFlagsFromString('--experimental-wasm-relaxed-simd');
}

const modules = new Map<CompiledVariant, WebAssembly.Module>();

function compile(variant: CompiledVariant): WebAssembly.Module {
  setFlags();
  let module = modules.get(variant);
  if (!module) {
    // The same place from src/ and from dist/.
    const file = new URL(`../../dist/kernels/${variant}.wasm`, import.meta.url);
    module = new WebAssembly.Module(readFileSync(file));
    modules.set(variant, module);
  }
  return module;
}

/** Where a variant has the kernels from that are WebAssembly. */
function compiledOf(variant: KernelVariant): CompiledVariant {
  if (variant !== 'native') return variant;
  return REVECTORIZES ? 'wide' : 'fma';
}

/**
 * The kernels of a variant, working on `memory` (shared, maximum 65,536 pages or less); the native ones from `library`,
 * or with the best instruction set there is.
 */
export function loadKernels(variant: KernelVariant, memory: WebAssembly.Memory, library = nativeLibrary): Kernels {
  const kernels = new WebAssembly.Instance(compile(compiledOf(variant)), { env: { memory } }).exports as RawKernels;
  return bind(variant === 'native' ? library().kernels(memory, kernels) : kernels);
}

/**
 * Runs products, the gates and a softmax on small numbers; the results of a right variant differ from `strict`'s by
 * rounding alone.
 */
function sampleRun(variant: KernelVariant): Float32Array {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const kernels = loadKernels(variant, memory);
  const floats = new Float32Array(memory.buffer);
  const rows = 7;
  const step = PANEL * ROW;
  // The first page holds the kernels' constants.
  const [a, w, c, h] = [4096, 12288, 32768, 65536].map((base) => ({ base: address(base), step, panels: 8 }));
  for (let i = f32Index(a.base); i < f32Index(w.base); i++) floats[i] = Math.sin(i);
  for (let i = f32Index(w.base); i < f32Index(c.base); i++) floats[i] = Math.cos(i) / 4;
  w.step = 2 * step;
  kernels.productRows(c, a, w, rows, 4, 2);
  const logits = shifted(c, 4, 0);
  kernels.productColumns(logits, a, w, 20, 1, 2, NOWHERE);
  kernels.lstmForward(c, a.base, h.base, at(h, 1, 0), rows);
  kernels.softmaxExponentials(logits, rows, 2, at(h, 2, 0), at(h, 3, 0));
  // A single row has a tile of its own.
  kernels.productRows(shifted(h, 4, 0), a, w, 1, 4, 2);
  const pairs = shifted(h, 5, 0);
  kernels.packPairs(pairs, w.base, PANEL, PANEL, PANEL);
  kernels.productPairs(shifted(h, 6, 0), a, pairs, rows, 1, 1);
  kernels.productColumnsPairs(shifted(h, 7, 0), a, w, 20, 1, 1, NOWHERE);
  return floats.slice(f32Index(c.base));
}

/** Whether relaxed multiply-add has one rounding here: 1 + 2^-12 squared, less its rounded value, is 2^-24. */
function fuses(variant: CompiledVariant): boolean {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const floats = new Float32Array(memory.buffer);
  const x = 1 + 2 ** -12;
  const [a, w, c] = [4096, 8192, 16384].map((base) => ({ base: address(base), step: PANEL * ROW }));
  floats[f32Index(a.base)] = x;
  floats[f32Index(w.base)] = x;
  floats[f32Index(c.base)] = -Math.fround(x * x);
  loadKernels(variant, memory).productRows(c, a, w, 1, 1, 1);
  return floats[f32Index(c.base)] !== 0;
}

export interface VariantReport {
  variant: KernelVariant;
  usable: boolean;
  /** Why it is usable or not, for `lm info --system`. */
  why: string;
}

/** What keeps a variant from being used, if anything does; what is good about it else. */
const checks: { readonly [variant in KernelVariant]: { obstacle(): string | undefined; good(): string } } = {
  native: {
    obstacle: () => unfused('native') ?? differs('native'),
    good: () => {
      const { instructions, file } = nativeLibrary();
      return `${instructions} instructions, from ${file}; results agree with strict`;
    },
  },
  wide: {
    obstacle: () =>
      REVECTORIZES
        ? (unfused('wide') ?? differs('wide'))
        : `it needs Node 24 or newer on x64, this is Node ${process.versions.node} on ${process.arch}`,
    good: () => '256-bit fused multiply-add; results agree with strict',
  },
  fma: {
    obstacle: () => unfused('fma') ?? differs('fma'),
    good: () => '128-bit fused multiply-add; results agree with strict',
  },
  strict: { obstacle: () => undefined, good: () => 'multiply and add apart; the same bits on every machine' },
};

function unfused(variant: KernelVariant): string | undefined {
  return fuses(compiledOf(variant)) ? undefined : 'this processor has no fused multiply-add';
}

let reference: Float32Array | undefined;

function differs(variant: KernelVariant): string | undefined {
  reference ??= sampleRun('strict');
  const right = reference;
  return sampleRun(variant).every((value, i) => Math.abs(value - right[i]) <= 1e-5 * (1 + Math.abs(right[i])))
    ? undefined
    : 'its results differ from those of strict';
}

const reports = new Map<KernelVariant, VariantReport>();

function reportOn(variant: KernelVariant): VariantReport {
  let report = reports.get(variant);
  if (!report) {
    let obstacle: string | undefined;
    try {
      obstacle = checks[variant].obstacle();
    } catch (error) {
      obstacle = `it does not load: ${error instanceof Error ? error.message : String(error)}`;
    }
    report = { variant, usable: obstacle === undefined, why: obstacle ?? checks[variant].good() };
    reports.set(variant, report);
  }
  return report;
}

/** What this machine can do, fastest variant first. */
export function variantReports(): VariantReport[] {
  return VARIANTS.map(reportOn);
}

/**
 * The fastest usable variant, or the one asked for. For `brief` work that is `wide` where it can be, whose bits are those of
 * `native` and whose rate is nearly that, as a library takes 40 ms to load.
 * @throws InputError when the one asked for is not usable here.
 */
export function chooseVariant(choice: KernelChoice, brief = false): KernelVariant {
  if (choice === 'strict') return choice;
  if (choice === 'auto') {
    if (brief && reportOn('wide').usable) return 'wide';
    // Each is looked at when those before it won't do.
    return VARIANTS.find((variant) => reportOn(variant).usable)!;
  }
  const report = reportOn(choice);
  if (!report.usable)
    throw new InputError(`The ${choice} kernels can't be used here: ${report.why}; use ${option('kernel', 'auto')}.`);
  return choice;
}

/**
 * The precision asked for, or the faster one: bfloat16 where the chosen kernels have instructions for it.
 * @throws InputError when the kernels asked for are not usable here.
 */
export function choosePrecision(choice: PrecisionChoice, kernel: KernelChoice): Precision {
  if (choice !== 'auto') return choice;
  return chooseVariant(kernel) === 'native' && nativeLibrary().hasBfloat16 ? 'bf16' : 'f32';
}
