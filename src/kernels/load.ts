/**
 * Loads the compiled kernels and picks a variant of them.
 *
 * All three come from one source (assembly/). `strict` multiplies and adds with two roundings: the same bits on every
 * machine. `fma` uses relaxed SIMD's fused multiply-add. `wide` is laid out so that V8 joins pairs of its 128-bit
 * operations into 256-bit ones (`--experimental-wasm-revectorize`: V8 of Node 24 and newer, x64), which doubles the
 * rate; its bits are those of `fma`.
 */

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { InputError, option } from '../errors.ts';

export type KernelVariant = 'wide' | 'fma' | 'strict';
export type KernelChoice = 'auto' | KernelVariant;

type Address = number;

/** The exports of assembly/, which documents them. Addresses and steps are in bytes. */
export interface Kernels {
  productRows(
    c: Address,
    cStep: number,
    a: Address,
    aStep: number,
    w: Address,
    wStep: number,
    rows: number,
    panels: number,
    blocks: number,
  ): void;
  productColumns(
    c: Address,
    cStep: number,
    a: Address,
    aStep: number,
    b: Address,
    bStep: number,
    n: number,
    aPanels: number,
    bPanels: number,
    sums: Address,
  ): void;
  packRows(to: Address, step: number, from: Address, stride: number, rows: number, columns: number): void;
  unpackRows(from: Address, step: number, to: Address, stride: number, rows: number, columns: number): void;
  addRows(from: Address, step: number, to: Address, stride: number, rows: number, columns: number): void;
  packTransposed(to: Address, step: number, from: Address, stride: number, rows: number, columns: number): void;
  unpackTransposed(from: Address, step: number, to: Address, stride: number, rows: number, columns: number): void;
  clear(to: Address, n: number): void;
  clearRows(to: Address, step: number, rows: number, panels: number): void;
  fillRows(to: Address, step: number, values: Address, rows: number, panels: number): void;
  addToRows(to: Address, step: number, values: Address, rows: number, panels: number): void;
  gatherRows(
    to: Address,
    step: number,
    table: Address,
    tableStep: number,
    index: Address,
    rows: number,
    panels: number,
  ): void;
  placeRows(
    table: Address,
    tableStep: number,
    from: Address,
    step: number,
    index: Address,
    rows: number,
    panels: number,
  ): void;
  scatterRows(
    table: Address,
    tableStep: number,
    from: Address,
    step: number,
    index: Address,
    rows: number,
    panels: number,
  ): void;
  gatherEmbedding(to: Address, step: number, from: Address, columns: number, index: Address, rows: number): void;
  scatterEmbedding(
    to: Address,
    columns: number,
    from: Address,
    step: number,
    index: Address,
    rows: number,
    first: number,
    last: number,
  ): void;
  copyPanels(to: Address, toStep: number, from: Address, fromStep: number, rows: number, panels: number): void;
  addPanels(to: Address, toStep: number, from: Address, fromStep: number, rows: number, panels: number): void;
  maxPanels(
    to: Address,
    toStep: number,
    where: Address,
    whereStep: number,
    from: Address,
    fromStep: number,
    time: number,
    rows: number,
    panels: number,
  ): void;
  selectPanels(
    to: Address,
    toStep: number,
    where: Address,
    whereStep: number,
    from: Address,
    fromStep: number,
    time: number,
    rows: number,
    panels: number,
  ): void;
  lstmForward(z: Address, step: number, cPrevious: Address, c: Address, h: Address, rows: number): void;
  lstmBackward(z: Address, step: number, cPrevious: Address, c: Address, dh: Address, dc: Address, rows: number): void;
  gruAfterForward(z: Address, step: number, hPrevious: Address, h: Address, rows: number): void;
  gruAfterBackward(z: Address, step: number, hPrevious: Address, dh: Address, dhPrevious: Address, rows: number): void;
  gruBeforeGates(z: Address, step: number, hPrevious: Address, resetH: Address, rows: number): void;
  gruBeforeForward(z: Address, step: number, hPrevious: Address, h: Address, rows: number): void;
  gruBeforeBackward(z: Address, step: number, hPrevious: Address, dh: Address, dhPrevious: Address, rows: number): void;
  gruBeforeResetBackward(z: Address, hPrevious: Address, dResetH: Address, dhPrevious: Address, rows: number): void;
  gruSimpleForward(z: Address, step: number, hPrevious: Address, h: Address, rows: number): void;
  rnnForward(z: Address, h: Address, rows: number): void;
  rnnBackward(z: Address, h: Address, dh: Address, rows: number): void;
  softmaxExponentials(
    logits: Address,
    step: number,
    rows: number,
    panels: number,
    largest: Address,
    sums: Address,
  ): void;
  softmaxRows(values: Address, step: number, rows: number, columns: number): void;
  softmaxBackward(p: Address, pStep: number, d: Address, dStep: number, rows: number, panels: number): void;
  scaleRows(values: Address, step: number, rows: number, panels: number, factors: Address): void;
  shiftRows(values: Address, step: number, rows: number, columns: number, shifts: Address): void;
  dropout(
    to: Address,
    toStep: number,
    from: Address,
    fromStep: number,
    rows: number,
    firstPanel: number,
    panels: number,
    threshold: number,
    scale: number,
    seedLow: number,
    seedHigh: number,
    update: number,
    layer: number,
    position: number,
  ): void;
  scale(x: Address, n: number, factor: number): void;
  sumSquares(x: Address, n: number): number;
  adam(
    p: Address,
    g: Address,
    m: Address,
    v: Address,
    n: number,
    scale: number,
    rate: number,
    correction: number,
    decay: number,
    decoupled: number,
  ): void;
  rmsprop(p: Address, g: Address, v: Address, n: number, scale: number, rate: number, decay: number): void;
  sgd(p: Address, g: Address, m: Address, n: number, scale: number, rate: number, decay: number): void;
}

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

const modules = new Map<KernelVariant, WebAssembly.Module>();

function compile(variant: KernelVariant): WebAssembly.Module {
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

/** The kernels of a variant, working on `memory` (shared, maximum 65,536 pages or less). */
export function loadKernels(variant: KernelVariant, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(compile(variant), { env: { memory } }).exports as Kernels;
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
  const step = 16 * 64;
  // The first page holds the kernels' constants.
  const [a, w, c, h] = [4096, 12288, 32768, 65536];
  for (let i = a / 4; i < w / 4; i++) floats[i] = Math.sin(i);
  for (let i = w / 4; i < c / 4; i++) floats[i] = Math.cos(i) / 4;
  kernels.productRows(c, step, a, step, w, 2048, rows, 4, 2);
  kernels.productColumns(c + 4 * step, step, a, step, w, 2048, 20, 1, 2, 0);
  kernels.lstmForward(c, step, a, h, h + step, rows);
  kernels.softmaxExponentials(c + 4 * step, step, rows, 2, h + 2 * step, h + 3 * step);
  // A single row has a tile of its own.
  kernels.productRows(h + 4 * step, step, a, step, w, 2048, 1, 4, 2);
  return floats.slice(c / 4);
}

/** Whether relaxed multiply-add has one rounding here: 1 + 2^-12 squared, less its rounded value, is 2^-24. */
function fuses(): boolean {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const floats = new Float32Array(memory.buffer);
  const x = 1 + 2 ** -12;
  const [a, w, c] = [4096, 8192, 16384];
  floats[a / 4] = x;
  floats[w / 4] = x;
  floats[c / 4] = -Math.fround(x * x);
  loadKernels('fma', memory).productRows(c, 64, a, 64, w, 1024, 1, 1, 1);
  return floats[c / 4] !== 0;
}

export interface VariantReport {
  variant: KernelVariant;
  usable: boolean;
  /** Why it is usable or not, for `lm info --system`. */
  why: string;
}

let reports: VariantReport[] | undefined;

/** What this machine can do, fastest variant first. */
export function variantReports(): VariantReport[] {
  if (reports) return reports;
  const report = (variant: KernelVariant, obstacle: () => string | undefined, good: string): VariantReport => {
    let why: string | undefined;
    try {
      why = obstacle();
    } catch (error) {
      why = `it does not load: ${error instanceof Error ? error.message : String(error)}`;
    }
    return { variant, usable: why === undefined, why: why ?? good };
  };
  const reference = sampleRun('strict');
  const differs = (variant: KernelVariant): string | undefined =>
    sampleRun(variant).every((value, i) => Math.abs(value - reference[i]) <= 1e-5 * (1 + Math.abs(reference[i])))
      ? undefined
      : 'its results differ from those of strict';
  const unfused = (): string | undefined => (fuses() ? undefined : 'this processor has no fused multiply-add');
  reports = [
    report(
      'wide',
      () =>
        !REVECTORIZES
          ? `it needs Node 24 or newer on x64, this is Node ${process.versions.node} on ${process.arch}`
          : (unfused() ?? differs('wide')),
      '256-bit fused multiply-add; results agree with strict',
    ),
    report('fma', () => unfused() ?? differs('fma'), '128-bit fused multiply-add; results agree with strict'),
    report('strict', () => undefined, 'multiply and add apart; the same bits on every machine'),
  ];
  return reports;
}

/**
 * The fastest usable variant, or the one asked for.
 * @throws InputError when the one asked for is not usable here.
 */
export function chooseVariant(choice: KernelChoice): KernelVariant {
  if (choice === 'strict') return choice;
  const all = variantReports();
  if (choice === 'auto') return all.find(({ usable }) => usable)!.variant;
  const report = all.find(({ variant }) => variant === choice)!;
  if (!report.usable)
    throw new InputError(`The ${choice} kernels can't be used here: ${report.why}; use ${option('kernel', 'auto')}.`);
  return choice;
}
