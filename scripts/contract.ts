/**
 * `npx tsx scripts/contract.ts`: writes src/kernels/contract.ts, the types by which the program calls the kernels, and
 * src/kernels/native/contract.h, those by which it calls the native ones, from their source in src/kernels/assembly. With
 * `--check` it writes nothing, and fails when a file is not what it would have written.
 *
 * A kernel's parameters become the contract's by rule: a pair `x: usize, xStep: usize` is a panel matrix, a `usize`
 * alone an address, every other one a number. What documents a kernel documents it in the contract, too.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ASSEMBLY = `${ROOT}src/kernels/assembly/`;
const CONTRACT = `${ROOT}src/kernels/contract.ts`;
const HEADER = `${ROOT}src/kernels/native/contract.h`;

interface Parameter {
  name: string;
  type: 'Panels' | 'Address' | 'number';
}

interface Kernel {
  name: string;
  /** Its documentation comment, as it stands in the source. */
  comment: string;
  parameters: Parameter[];
  returns: 'void' | 'number';
  /** Its parameters in C, with their types, steps among them, and what it returns. */
  c: { parameters: { name: string; type: string }[]; returns: string };
}

const NUMBERS = new Set(['i32', 'u32', 'f32', 'f64']);
const C_TYPES: Record<string, string> = {
  usize: 'uint32_t',
  u32: 'uint32_t',
  i32: 'int32_t',
  f32: 'float',
  f64: 'double',
  void: 'void',
};

/** The kernels that the assembly exports, in the order of its index. */
function readKernels(): Kernel[] {
  const index = readFileSync(`${ASSEMBLY}index.ts`, 'utf8');
  return [...index.matchAll(/^export \* from '\.\/(.+)';$/gm)].flatMap(([, file]) => {
    const source = readFileSync(`${ASSEMBLY}${file}.ts`, 'utf8');
    const found = [
      ...source.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\nexport function (\w+)\(([^)]*)\): (\w+) \{$/gm),
    ];
    if (found.length !== source.match(/^export /gm)?.length) {
      throw new Error(`${file}.ts exports something other than documented functions; give each a comment before it.`);
    }
    return found.map(([, comment, name, list, result]) => ({
      name,
      comment,
      parameters: readParameters(`${name} in ${file}.ts`, list),
      returns: result === 'void' ? 'void' : 'number',
      c: {
        parameters: declared(list).map(({ name, type }) => ({ name, type: C_TYPES[type] })),
        returns: C_TYPES[result],
      },
    }));
  });
}

function declared(list: string): { name: string; type: string }[] {
  return [...list.matchAll(/(\w+): (\w+)/g)].map(([, name, type]) => ({ name, type }));
}

function readParameters(where: string, list: string): Parameter[] {
  const all = declared(list);
  const isStep = ({ name, type }: { name: string; type: string }): boolean =>
    type === 'usize' && all.some((other) => `${other.name}Step` === name);
  return all
    .filter((parameter) => !isStep(parameter))
    .map(({ name, type }) => {
      const next = all[all.findIndex((other) => other.name === name) + 1];
      const paired = all.some((other) => other.name === `${name}Step`);
      if (NUMBERS.has(type)) return { name, type: 'number' };
      if (type !== 'usize' || /step$/i.test(name) || (paired && next.name !== `${name}Step`)) {
        throw new Error(`${where}: ${name} is neither a number, an address, nor an address followed by its step.`);
      }
      return { name, type: paired ? 'Panels' : 'Address' };
    });
}

function declaration({ name, comment, parameters, returns }: Kernel): string {
  return `${comment}\n${name}(${parameters.map((p) => `${p.name}: ${p.type}`).join(', ')}): ${returns};`;
}

/** A kernel without a panel matrix needs no wrapper. */
function binding({ name, parameters }: Kernel): string {
  if (parameters.every(({ type }) => type !== 'Panels')) return `${name}: raw.${name},`;
  const loose = parameters.map((p) => (p.type === 'Panels' ? `${p.name}.base, ${p.name}.step` : p.name));
  return `${name}: (${parameters.map((p) => p.name).join(', ')}) => raw.${name}(${loose.join(', ')}),`;
}

/** The text of src/kernels/contract.ts. */
function contract(kernels: Kernel[]): string {
  const text = `/**
 * The kernels as the program calls them. Written by scripts/contract.ts from their sources in assembly/: change those,
 * then run \`npx tsx scripts/contract.ts\`.
 */

import type { Address, Panels } from './panels.ts';

/** The kernels of one variant on one memory. Addresses and steps are in bytes. */
export interface Kernels {
${kernels.map(declaration).join('\n\n')}
}

/** The exports of a compiled module: panel matrices are two numbers each, addresses one. */
export type RawKernels = { readonly [name in keyof Kernels]: (...operands: number[]) => number };

/** Gives the exports their types. Each wrapper calls one function always, so that V8 inlines it. */
export function bind(raw: RawKernels): Kernels {
  return {
${kernels.map(binding).join('\n')}
  };
}

/** What each kernel returns and takes as a C function, apart from the memory's address. */
export const signatures: { readonly [name in keyof Kernels]: string } = {
${kernels.map(({ name, c }) => `${name}: '${[c.returns, ...c.parameters.map(({ type }) => type)].join(' ')}',`).join('\n')}
};
`;
  // Formatted as the rest of the sources, so that `biome check` passes.
  return execFileSync(`${ROOT}node_modules/.bin/biome`, ['format', `--stdin-file-path=${CONTRACT}`], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  });
}

/** The text of src/kernels/native/contract.h. */
function header(kernels: Kernel[]): string {
  const prototypes = kernels.map(({ name, c }) => {
    const list = c.parameters.map((parameter) => `${parameter.type} ${parameter.name}`).join(', ');
    return `EXPORTED ${c.returns} KERNEL(${name})(char *memory, ${list});`;
  });
  return `/*
 * The kernels as C has them, each with the address of the memory that its other addresses count from. Written by
 * scripts/contract.ts: a kernel here that does not fit its description in assembly/ does not compile.
 */

#include "vector.h"

${prototypes.join('\n')}
`;
}

const kernels = readKernels();
for (const [file, text] of [
  [CONTRACT, contract(kernels)],
  [HEADER, header(kernels)],
]) {
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is not what the assembly says; run \`npx tsx scripts/contract.ts\`.`);
    process.exitCode = 1;
  }
}
