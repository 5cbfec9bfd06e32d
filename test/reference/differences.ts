/** Numerical gradients. */

import type { Values } from './model.ts';

/** Gradient of a loss by central differences. The parameters come back as they were. */
export function centralDifferences(parameters: Values, loss: () => number): Values {
  const step = 1e-5;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => {
      const gradient = values.map((value, k) => {
        values[k] = value + step;
        const above = loss();
        values[k] = value - step;
        const below = loss();
        values[k] = value;
        return (above - below) / (2 * step);
      });
      return [name, gradient];
    }),
  );
}
