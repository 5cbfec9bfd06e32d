/** How a model is measured on files: each read on its own, and what was found there joined and made into figures. */

import type { Model } from '../ask/index.ts';
import type { FormatOptions, Remark } from '../text/index.ts';

/** The figures `M` over all files, and those of each of them. */
export type Whole<M> = M & { files: (M & { file: string })[] };

export interface MeterOptions {
  /** How files are read. */
  reading: FormatOptions & { lossy: boolean; strict: boolean };
  onRemark(remark: Remark): void;
  threads: number;
  /** Hypotheses of a beam search where the model searches; greedy without it. */
  beam: number | undefined;
}

/** Measures a model on files, of which there is at least one. */
export type Meter<M> = (model: Model, files: readonly string[], options: MeterOptions) => Promise<Whole<M>>;

/** A meter by what it finds in a file (`Part`), how that of several is joined, and what figures it makes. */
export function createMeter<Part, M>({
  read,
  join,
  figures,
}: {
  read(model: Model, file: string, options: MeterOptions): Promise<Part>;
  join(parts: readonly Part[]): Part;
  figures(part: Part, model: Model): M;
}): Meter<M> {
  return async (model, files, options) => {
    const parts: Part[] = [];
    for (const file of files) parts.push(await read(model, file, options));
    return {
      ...figures(join(parts), model),
      files: parts.map((part, i) => ({ file: files[i], ...figures(part, model) })),
    };
  };
}

/** The sums of some records of numbers, name by name. There is at least one. */
export function addUp<Sums extends Record<keyof Sums, number>>(parts: readonly Sums[]): Sums {
  const names = Object.keys(parts[0]) as (keyof Sums)[];
  const sum = (name: keyof Sums): number => parts.reduce((total, part) => total + part[name], 0);
  return Object.fromEntries(names.map((name) => [name, sum(name)])) as Sums;
}
