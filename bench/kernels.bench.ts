/** GFLOP/s of the two matrix products, for each variant that this machine can run, on one core and on all. */

import { kernels } from './built.ts';
import { runOurs } from './child.ts';
import { type Product, SHAPES } from './kernel-rate.ts';
import { progress, type Section } from './section.ts';
import { counted } from './table.ts';

const PRODUCTS: readonly Product[] = ['rows', 'columns'];
const NAMES = { rows: 'activations by packed weights', columns: 'weight gradient' };

export const benchKernels: Section = async ({ quick, threads }) => {
  const seconds = quick ? 0.3 : 1;
  const rows: (string | number)[][] = [];
  const usable = kernels.variantReports().filter((report) => report.usable);
  // Bfloat16 where it is what a run would compute in: the other variants have it in a plain form only.
  const works = usable.flatMap(({ variant }) =>
    [...new Set(['f32', kernels.choosePrecision('auto', variant)] as const)].map((precision) => ({
      variant,
      precision,
    })),
  );
  for (const { variant, precision } of works) {
    for (const product of PRODUCTS) {
      const { rows: m, depth, columns } = SHAPES[product];
      const job = { work: { kind: 'kernel', variant, precision, product }, threads: 1, seconds } as const;
      const { rate: alone } = await runOurs(job);
      const all = await Promise.all(Array.from({ length: threads }, () => runOurs(job)));
      const together = all.reduce((sum, { rate }) => sum + rate, 0);
      progress(`${variant}, ${precision}, ${NAMES[product]}: ${alone.toFixed(0)} GFLOP/s`);
      rows.push([
        variant,
        precision,
        NAMES[product],
        `${m} x ${depth} x ${columns}`,
        alone,
        together,
        together / alone,
      ]);
    }
  }
  return [
    {
      title: 'Kernels',
      about:
        'GFLOP/s of the matrix products alone, the best of eight stretches of time; on several cores, the sum of a process each.',
      columns: ['variant', 'precision', 'product', 'shape', 'one core', counted(threads, 'core'), 'gain'],
      rows,
    },
  ];
};
