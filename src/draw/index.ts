/** Numbers in, drawings out: bars, curves, heat maps and scales, as lines of text and as SVG; and what a terminal can show. */

export { attentionLines } from './attention.ts';
export { bar } from './bar.ts';
export { type Axis, type Chart, type Scale, type Series, scaleOf } from './chart.ts';
export { plotLines } from './curves.ts';
export { decayChart } from './decay.ts';
export { type HeatMap, plotHeat } from './heat.ts';
export type { Colours, Medium, Paint } from './medium.ts';
export { printable, UNSAFE } from './printable.ts';
export { lineChart } from './svg.ts';
export { cut, padded, widest, widthOf, wrapped } from './width.ts';
