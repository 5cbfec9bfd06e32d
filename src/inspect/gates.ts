/** What gates do over a text: their mean and spread, how often they are nearly shut or open, and how long units remember. */

import type { Activations, Inspector } from '../engine/index.ts';
import type { ModelConfig } from '../model/index.ts';

/** Of a gate (or state) over all units of a layer and all tokens of a text. */
export interface GateStatistics {
  name: string;
  mean: number;
  /** Standard deviation over units and tokens. */
  spread: number;
  /** Shares of the values below 0.1 and above 0.9; for values between -1 and 1 and for c, of their absolute values. */
  low: number;
  high: number;
}

export interface LayerStatistics {
  gates: GateStatistics[];
  /**
   * Steps over which a unit keeps its state, -1 / ln of the mean share that its gate keeps of it (an LSTM's f, a GRU's z): what
   * a unit holds falls to 1/e in so many steps, if its gate stays at its mean. Undefined for a cell without such a gate.
   */
  timeConstants: number[] | undefined;
}

/** Statistics of each layer, the lowest first, over all of some sequences. */
export function gateStatistics(
  inspector: Inspector,
  sequences: readonly ArrayLike<number>[],
  { layers, hidden }: Pick<ModelConfig, 'layers' | 'hidden'>,
): LayerStatistics[] {
  const sums = Array.from({ length: layers }, () => new Map<string, Sums>());
  const kept = Array.from({ length: layers }, () => new Float64Array(hidden));
  const { keeping } = inspector;
  let tokens = 0;
  inspector.activations(sequences, (_, layer, values) => {
    for (const [name, list] of Object.entries(values)) add(sums[layer], name, list);
    if (keeping) {
      values[keeping.gate].forEach((value, i) => {
        kept[layer][i % hidden] += keeping.inverted ? 1 - value : value;
      });
    }
    if (layer === 0) tokens += values.h.length / hidden;
  });
  return sums.map((ofLayer, layer) => ({
    gates: [...ofLayer].map(([name, { count, sum, squares, low, high }]) => ({
      name,
      mean: sum / count,
      spread: Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)),
      low: low / count,
      high: high / count,
    })),
    timeConstants: keeping && Array.from(kept[layer], (total) => -1 / Math.log(total / tokens)),
  }));
}

interface Sums {
  count: number;
  sum: number;
  squares: number;
  low: number;
  high: number;
}

function add(to: Map<string, Sums>, name: string, values: Float32Array): void {
  const sums = to.get(name) ?? { count: 0, sum: 0, squares: 0, low: 0, high: 0 };
  to.set(name, sums);
  for (const value of values) {
    sums.sum += value;
    sums.squares += value * value;
    if (Math.abs(value) < 0.1) sums.low++;
    if (Math.abs(value) > 0.9) sums.high++;
  }
  sums.count += values.length;
}

/** The activations of one sequence, the lowest layer first. */
export function activationsOf(inspector: Inspector, tokens: ArrayLike<number>): Activations[] {
  const layers: Activations[] = [];
  inspector.activations([tokens], (_, layer, values) => {
    layers[layer] = values;
  });
  return layers;
}

/** The `count` units whose values (T, H) vary most over time, the most variable first. */
export function mostVariable(values: Float32Array, hidden: number, count: number): number[] {
  const steps = values.length / hidden;
  const variances = Array.from({ length: hidden }, (_, unit) => {
    let sum = 0;
    let squares = 0;
    for (let t = 0; t < steps; t++) {
      sum += values[t * hidden + unit];
      squares += values[t * hidden + unit] ** 2;
    }
    return squares / steps - (sum / steps) ** 2;
  });
  const order = variances.map((_, unit) => unit).sort((a, b) => variances[b] - variances[a] || a - b);
  return order.slice(0, count);
}
