/**
 * Layer normalization (Ba, Kiros and Hinton 2016) inside of a cell: a vector of H units is brought to mean 0 and variance 1
 * in each row of the batch at each time step, then multiplied by a gain and shifted by a bias, one of each a unit:
 *
 *     LN(a) = gain (a - mean(a)) / sqrt(variance(a) + 1e-5) + bias
 *
 * It takes all units of a row, so that threads can't share these out. Memory in training, for vectors side by side in n
 * blocks: 2 * T * B * n floats, and 2 * B * n * H for the gradients of gain and bias, which are summed over the time steps row
 * by row and then over the rows, so that their bits don't depend on the threads.
 */

import { type Address, f32Index, offsetBy, type PanelMatrix, type Panels, ROW, shifted } from '../../kernels/index.ts';
import { constant, type Initial, type ParameterSpec, zeros } from '../../model/index.ts';
import type { Parameter, Planner } from '../memory/index.ts';
import type { Context, Region } from '../team/index.ts';
import { clearPanels } from './linear.ts';
import { sumColumns } from './weight-gradient.ts';

/** What of a cell is normalized: `blocks` vectors of H units each, whose parameters' names begin with `name`. */
export interface NormShape {
  name: string;
  blocks: number;
}

/** In one layer. */
export interface Norm {
  /** n of them. */
  blocks: number;
  /** H, and its panels. */
  units: number;
  panels: number;
  /** (n*H). */
  gain: Parameter;
  bias: Parameter;
  /** The same padded to whole panels, (n * panels, 16). */
  gainPadded: Address;
  biasPadded: Address;
  /** Float32, (n, rows): the mean, and 1 / sqrt(variance + 1e-5), of each vector. */
  mean: Address;
  inverse: Address;
  rows: number;
  /** (B, n * panels): gradients by row of the batch. */
  dGain: PanelMatrix | undefined;
  dBias: PanelMatrix | undefined;
}

/** `name_weight` (n*H), which starts at 1, and `name_bias` (n*H), at 0 unless said otherwise: as in torch.nn.LayerNorm. */
export function normParameters(
  { name, blocks }: NormShape,
  hidden: number,
  initialBias: Initial = zeros,
): ParameterSpec[] {
  const shape = [blocks * hidden];
  return [
    { name: `${name}_weight`, shape, role: 'gain', initial: constant(1), tokens: 'none' },
    { name: `${name}_bias`, shape, role: 'bias', initial: initialBias, tokens: 'none' },
  ];
}

/** `rows` are those of what is kept of all time steps, or of one without training. */
export function planNorm(
  { arena, batchSize, training }: Planner,
  { name, blocks }: NormShape,
  panels: number,
  rows: number,
  parameter: (name: string) => Parameter,
): Norm {
  const gain = parameter(`${name}_weight`);
  const gradient = () => (training ? arena.activations(batchSize, blocks * panels) : undefined);
  return {
    blocks,
    units: gain.shape[0] / blocks,
    panels,
    gain,
    bias: parameter(`${name}_bias`),
    gainPadded: arena.reserve(blocks * panels * ROW),
    biasPadded: arena.reserve(blocks * panels * ROW),
    mean: arena.reserve(blocks * rows * 4),
    inverse: arena.reserve(blocks * rows * 4),
    rows,
    dGain: gradient(),
    dBias: gradient(),
  };
}

/** Pads gain and bias. */
export function packNorm({ f32 }: Context, { blocks, units, panels, ...norm }: Norm): void {
  for (const [{ value }, padded] of [
    [norm.gain, norm.gainPadded],
    [norm.bias, norm.biasPadded],
  ] as const) {
    for (let block = 0; block < blocks; block++) {
      const from = f32Index(value) + block * units;
      f32.copyWithin(f32Index(offsetBy(padded, block * panels * ROW)), from, from + units);
    }
  }
}

/** `rows` rows of `to` = those of `from`, normalized; `row` is the first one's among the norm's rows. */
export function normalize(
  { kernels }: Context,
  norm: Norm,
  block: number,
  to: Panels,
  from: Panels,
  row: number,
  rows: number,
): void {
  const { gain, bias, mean, inverse } = addresses(norm, block, row);
  kernels.layerNorm(to, from, gain, bias, mean, inverse, rows, norm.units);
}

/**
 * From the gradient of what was normalized to `dFrom`, that of `from`, which may be `dTo` or `from` itself; adds to the
 * gradients of gain and bias. `batchRow` is the first row's in the batch.
 */
export function normalizeBackward(
  { kernels }: Context,
  norm: Norm,
  block: number,
  dFrom: Panels,
  dTo: Panels,
  from: Panels,
  row: number,
  rows: number,
  batchRow: number,
): void {
  const { gain, mean, inverse } = addresses(norm, block, row);
  const dGain = shifted(norm.dGain!, block * norm.panels, batchRow);
  const dBias = shifted(norm.dBias!, block * norm.panels, batchRow);
  kernels.layerNormGradient(dGain, dBias, dTo, from, mean, inverse, rows, norm.panels);
  kernels.layerNormBackward(dFrom, dTo, from, gain, mean, inverse, rows, norm.units);
}

function addresses({ gainPadded, biasPadded, mean, inverse, panels, rows }: Norm, block: number, row: number) {
  return {
    gain: offsetBy(gainPadded, block * panels * ROW),
    bias: offsetBy(biasPadded, block * panels * ROW),
    mean: offsetBy(mean, (block * rows + row) * 4),
    inverse: offsetBy(inverse, (block * rows + row) * 4),
  };
}

/** Before a layer's backward pass. */
export function startNormGradients(context: Context, norms: readonly Norm[], { firstRow, lastRow }: Region): void {
  for (const { dGain, dBias } of norms) {
    clearPanels(context, dGain!, firstRow, lastRow - firstRow);
    clearPanels(context, dBias!, firstRow, lastRow - firstRow);
  }
}

/** The gradients of gains and biases from those by row, after the backward pass of all rows. */
export function shareNormGradients(context: Context, norms: readonly Norm[]): void {
  for (const { gain, bias, dGain, dBias, blocks, units, panels } of norms) {
    context.threads.share(blocks, (block) => {
      const sum = (from: PanelMatrix, { gradient }: Parameter): void =>
        sumColumns(
          context,
          shifted(from, block * panels, 0),
          context.batchSize,
          units,
          f32Index(gradient) + block * units,
        );
      sum(dGain!, gain);
      sum(dBias!, bias);
    });
  }
}
