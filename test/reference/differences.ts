/** Numerical gradients. */

import type { Values } from './model.ts';

/**
 * Gradient of a loss by central differences, of the fourth order for a loss that bends sharply, as behind layer normalization.
 * The parameters come back as they were.
 */
export function centralDifferences(parameters: Values, loss: () => number, order: 2 | 4 = 2): Values {
  const step = 1e-5;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => {
      const gradient = values.map((value, k) => {
        const slope = (by: number): number => {
          values[k] = value + by;
          const above = loss();
          values[k] = value - by;
          const below = loss();
          values[k] = value;
          return (above - below) / (2 * by);
        };
        return order === 2 ? slope(step) : (4 * slope(step) - slope(2 * step)) / 3;
      });
      return [name, gradient];
    }),
  );
}
