/** How gradients shrink on their way back in time, as a chart. */

import type { Chart, Series } from './chart.ts';

/** The norms of some states as a chart: k on the x axis, a log axis for the norms. */
export function decayChart(title: string, states: readonly { name: string; norms: readonly number[] }[]): Chart {
  return {
    title,
    x: { label: 'steps before the loss' },
    y: { label: 'norm of the gradient', log: true },
    series: states.map(({ name, norms }): Series => ({ name, points: norms.map((norm, k) => [k, norm]) })),
  };
}
