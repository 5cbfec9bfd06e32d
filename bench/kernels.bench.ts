/** GFLOP/s of the two matrix products, for each variant that this machine can run, on one core and on all. */

import { kernels } from './built.ts';
import { kernelRates, type Product, SHAPES } from './kernelRate.ts';
import { progress, type Section } from './section.ts';
import { counted } from './table.ts';

const PRODUCTS: readonly Product[] = ['rows', 'columns'];
const NAMES = { rows: 'activations by packed weights', columns: 'weight gradient' };

export const benchKernels: Section = async ({ quick, threads }) => {
  const seconds = quick ? 0.3 : 1;
  const rows: (string | number)[][] = [];
  for (const { variant } of kernels.variantReports().filter(({ usable }) => usable)) {
    for (const product of PRODUCTS) {
      const { rows: m, depth, columns } = SHAPES[product];
      const [alone] = await kernelRates(variant, product, seconds, 1);
      const together = (await kernelRates(variant, product, seconds, threads)).reduce((sum, rate) => sum + rate, 0);
      progress(`${variant}, ${NAMES[product]}: ${alone.toFixed(0)} GFLOP/s`);
      rows.push([variant, NAMES[product], `${m} x ${depth} x ${columns}`, alone, together, together / alone]);
    }
  }
  return [
    {
      title: 'Kernels',
      about: 'GFLOP/s of the matrix products alone, the best of eight stretches of time.',
      columns: ['variant', 'product', 'shape', 'one thread', counted(threads, 'thread'), 'gain'],
      rows,
    },
  ];
};
