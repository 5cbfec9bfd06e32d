/** How a model is measured on files, or on what its run held out: each read on its own, and what was found there joined and made into figures. */

import type { Model } from '../ask/index.ts';
import type { FormatOptions, Remark } from '../text/index.ts';

/** What is measured: a file, or what a run held out of its own text. */
export interface Source {
  paths: readonly string[];
  /** Options of the readers of texts and of examples: which part of the paths is which. */
  reading: FormatOptions & {
    lossy: boolean;
    strict: boolean;
    valSplit?: number;
    seed?: number;
    valid?: readonly string[];
    onText(file: string, bytes: Uint8Array): void;
  };
  part: 'train' | 'valid';
}

/** The figures `M` over everything that was measured, and those of each source. */
export interface Whole<M> {
  all: M;
  each: M[];
}

export interface MeterOptions {
  onRemark(remark: Remark): void;
  threads: number;
  /** Hypotheses of a beam search where the model searches; greedy without it. */
  beam: number | undefined;
}

/** Measures a model on sources, of which there is at least one. */
export type Meter<M> = (model: Model, sources: readonly Source[], options: MeterOptions) => Promise<Whole<M>>;

/** A meter by what it finds in a source (`Part`), how that of several is joined, and what figures it makes. */
export function createMeter<Part, M>({
  read,
  join,
  figures,
}: {
  read(model: Model, source: Source, options: MeterOptions): Promise<Part>;
  join(parts: readonly Part[]): Part;
  figures(part: Part, model: Model): M;
}): Meter<M> {
  return async (model, sources, options) => {
    const parts: Part[] = [];
    for (const source of sources) parts.push(await read(model, source, options));
    return { all: figures(join(parts), model), each: parts.map((part) => figures(part, model)) };
  };
}

/** The sums of some records of numbers, name by name. There is at least one. */
export function addUp<Sums extends Record<keyof Sums, number>>(parts: readonly Sums[]): Sums {
  const names = Object.keys(parts[0]) as (keyof Sums)[];
  const sum = (name: keyof Sums): number => parts.reduce((total, part) => total + part[name], 0);
  return Object.fromEntries(names.map((name) => [name, sum(name)])) as Sums;
}
