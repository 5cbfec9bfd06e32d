/** Numbers in, drawings out: curves and scales, for a terminal and as SVG. */

export { type Axis, type Chart, type Scale, type Series, scaleOf } from './chart.ts';
export { lineChart } from './svg.ts';
