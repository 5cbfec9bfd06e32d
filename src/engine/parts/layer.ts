/**
 * A recurrent layer in one direction: its memory, and the products that its cell's sums and gradients come from.
 *
 * A layer keeps its states by *own rows*, ((T+1)*B, panels): forward, the state after time step t is at row (t + 1) * B and
 * the one before the sequence at row 0; in reverse, the state after reading step t (that is, of steps t to the end) is
 * at row t * B, and row (t + 1) * B holds the one before it.
 */

import {
  at,
  f32Index,
  offsetBy,
  PANEL,
  type PanelMatrix,
  type Panels,
  panelsOf,
  ROW,
  shifted,
} from '../../kernels/index.ts';
import { type Columns, type Planner, paddedRows } from '../memory/index.ts';
import type { Context } from '../team/index.ts';
import type { Cell, Layer, LayerInput, Positions, RecurrentProduct, States, Step } from './cell.ts';
import { normalize, normalizeBackward, planNorm } from './layer-norm.ts';
import { addProduct, clearPanel, partOf, planLinear } from './linear.ts';
import { blockGradient, type WeightGradient } from './weight-gradient.ts';

/** Which layer of which stack it is, and what it has in common with others. */
export interface LayerPlan {
  cell: Cell;
  /** `encoder.` and `_l0_reverse`: what its parameters' names have before and behind. */
  prefix: string;
  suffix: string;
  level: number;
  reverse: boolean;
  input: LayerInput;
  /** Time steps of its sequence. */
  steps: number;
  vocabulary: number;
  /** Whether its input sums are gathered from a table of the vocabulary. */
  table: boolean;
  /** Own rows of h and of its gradient, which may be part of something larger. */
  h: PanelMatrix;
  dh: PanelMatrix | undefined;
  /** States before the sequence whose gradients are kept, and final ones that get a gradient from elsewhere. */
  initial: readonly string[];
  final: readonly string[];
}

/** Whether a cell's sums wait for the state before. */
export function recurs({ recurrent }: Cell): boolean {
  return recurrent.length > 0;
}

export function planLayer(planner: Planner, plan: LayerPlan): Layer {
  const { arena, model, batchSize: B, training } = planner;
  const { cell, prefix, suffix, level, reverse, input, steps: T, vocabulary, table } = plan;
  const panels = panelsOf(model.hidden);
  const oneHot = level === 0 && model.embedding === 0;
  const gates: Columns = { blocks: cell.gateCount, size: model.hidden };
  const parameter = (name: string) => planner.parameter(`${prefix}${name}${suffix}`);
  const others = cell.states.slice(1);
  const states = (h: PanelMatrix, make: (name: string) => PanelMatrix): States => ({
    h,
    ...Object.fromEntries(others.map((name) => [name, make(name)])),
  });
  const linked = (names: readonly string[]): States | undefined =>
    names.length > 0 && training
      ? (Object.fromEntries(names.map((name) => [name, arena.activations(B, panels)])) as unknown as States)
      : undefined;
  const sumRows = training || !recurs(cell) ? T * B : B;
  const z = arena.activations(sumRows, cell.sums * panels);
  const normalized = cell.norms.length > 0;
  return {
    cell,
    level,
    reverse,
    input,
    panels,
    ih: planLinear(planner, parameter('weight_ih'), {
      outputs: gates,
      columns: input.columns,
      backward: training && !oneHot,
      gathered: oneHot,
    }),
    hh: recurs(cell) ? planLinear(planner, parameter('weight_hh'), { outputs: gates }) : undefined,
    biasIh: normalized ? undefined : parameter('bias_ih'),
    biasHh: normalized || !recurs(cell) ? undefined : parameter('bias_hh'),
    bias: arena.reserve(panels * cell.sums * ROW),
    z,
    values: normalized ? arena.activations(sumRows, cell.sums * panels) : z,
    norms: cell.norms.map((shape) => planNorm(planner, shape, panels, sumRows, parameter)),
    states: states(plan.h, () => arena.activations((T + 1) * B, panels)),
    table: table ? arena.weights(paddedRows(vocabulary), cell.gateCount * panels) : undefined,
    operand: cell.recurrent.some(({ operand }) => operand === 'operand') ? arena.activations(T * B, panels) : undefined,
    dTable: training && (oneHot || table) ? arena.weights(paddedRows(vocabulary), cell.gateCount * panels) : undefined,
    dStates: plan.dh && states(plan.dh, (name) => planner.shared(`d${name}`, () => arena.activations(B, panels))),
    dInitial: linked(plan.initial),
    dFinal: linked(plan.final),
    kept: cell.plan(planner, panels, training ? T : 1),
  };
}

/** The panels of one panel of hidden units, one for each gate or sum. */
export function gatePanels(matrix: Panels, layerPanels: number, panel: number, row: number): Panels {
  return { base: at(matrix, panel, row), step: layerPanels * matrix.step };
}

/**
 * Calls `visit` with runs of neighbouring panels that are panels `first` to `last` - 1 of `gates` gates: one run where that
 * is the whole layer, so that a product is one call.
 */
function eachRun(
  { panels }: Layer,
  gates: number,
  first: number,
  last: number,
  visit: (panel: number, count: number) => void,
): void {
  if (last - first === panels) visit(0, gates * panels);
  else for (let gate = 0; gate < gates; gate++) visit(gate * panels + first, last - first);
}

/** Puts the sums of the input and the biases of panels `first` to `last` - 1 of the hidden units into z. */
export function inputSums(context: Context, layer: Layer, positions: Positions, first: number, last: number): void {
  const { kernels, lap } = context;
  const { cell, input, ih, z, panels, bias } = layer;
  const { tokens } = input;
  const { row, zRow, rows, training } = positions;
  const fill = (panel: number, count: number): void =>
    kernels.fillRows(shifted(z, panel, zRow), offsetBy(bias, panel * ROW), rows, count);
  if (tokens !== undefined) {
    const table = layer.table ?? ih.forward;
    eachRun(layer, cell.gateCount, first, last, (panel, count) => {
      const to = shifted(z, panel, zRow);
      kernels.gatherRows(to, shifted(table, panel, 0), offsetBy(tokens, row * 4), rows, count);
    });
    for (let sum = cell.gateCount; sum < cell.sums; sum++) fill(sum * panels + first, last - first);
  } else {
    const x = shifted(inputOf(input, training), 0, row);
    eachRun(layer, cell.sums, first, last, fill);
    eachRun(layer, cell.gateCount, first, last, (panel, count) => {
      const w = partOf(ih.forward, panel, 0, count);
      addProduct(context, shifted(z, panel, zRow), x, w, rows, input.panels);
    });
  }
  lap('input product');
}

/** What is read by position. */
export function inputOf(input: LayerInput, training: boolean): PanelMatrix {
  return training ? input.dropped! : input.plain!;
}

/** Adds a recurrent product to the sums of panels `first` to `last` - 1 of the hidden units. */
export function recurrentSums(
  context: Context,
  layer: Layer,
  step: Step,
  { operand, gates, firstGate, firstSum }: RecurrentProduct,
  first: number,
  last: number,
): void {
  const { z, panels, states, hh } = layer;
  const from = operand === 'h' ? shifted(states.h, 0, step.before) : shifted(layer.operand!, 0, step.row);
  eachRun(layer, gates, first, last, (panel, count) => {
    const to = shifted(z, firstSum * panels + panel, step.zRow);
    const w = partOf(hh!.forward, firstGate * panels + panel, 0, count);
    addProduct(context, to, from, w, step.rows, panels);
  });
  context.lap('recurrent product');
}

/** Some of a unit's sums: `count` of them, from sum `first` on. */
interface SomeSums {
  first: number;
  count: number;
}

/** Where sums are normalized: brings some of z, which must be there for all units, into `values`. */
export function normalizeSums(context: Context, layer: Layer, step: Step, { first, count }: SomeSums): void {
  const { norms, z, values, panels } = layer;
  if (norms.length === 0) return;
  for (let sum = first; sum < first + count; sum++) {
    const to = shifted(values, sum * panels, step.zRow);
    normalize(context, norms[0], sum, to, shifted(z, sum * panels, step.zRow), step.zRow, step.rows);
  }
}

/** Where sums are normalized: some sums' way back, from the gradients in `values` to those in z. */
export function normalizedSumsBackward(context: Context, layer: Layer, step: Step, { first, count }: SomeSums): void {
  const { norms, z, values, panels } = layer;
  if (norms.length === 0) return;
  for (let sum = first; sum < first + count; sum++) {
    const from = shifted(z, sum * panels, step.row);
    const d = shifted(values, sum * panels, step.row);
    normalizeBackward(context, norms[0], sum, from, d, from, step.row, step.rows, step.region.firstRow);
  }
}

/** Rows that have ended have sums without a gradient. */
export function clearEndedSums(context: Context, { cell, z, panels }: Layer, step: Step): void {
  const { firstPanel, lastPanel } = step.region;
  for (let sum = 0; step.ended > 0 && sum < cell.sums; sum++) {
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      clearPanel(context, z, sum * panels + panel, step.row + step.rows, step.ended);
    }
  }
}

/** Adds what the sums' gradients give to that of h before the time step, through the products that multiply h. */
export function recurrentGradient(context: Context, layer: Layer, step: Step): void {
  const { cell, z, panels, dStates, hh } = layer;
  const { firstPanel, lastPanel } = step.region;
  if (step.wanted > 0) {
    for (const { operand, firstSum, firstGate, gates } of cell.recurrent) {
      if (operand !== 'h') continue;
      addProduct(
        context,
        shifted(dStates!.h, firstPanel, step.before),
        shifted(z, firstSum * panels, step.row),
        partOf(hh!.backward!, firstPanel, firstGate * panels * PANEL, lastPanel - firstPanel),
        step.wanted,
        gates * panels,
      );
    }
  }
  context.lap('recurrent product');
}

/**
 * The biases by (sums, panels, 16): both of a gate in one sum, or the recurrent one apart where it has a sum of its own; without
 * any they stay 0.
 */
export function packBias({ f32 }: Context, { cell, panels, bias, biasIh, biasHh }: Layer, hidden: number): void {
  const { sums, gateCount, recurrent } = cell;
  if (!biasIh) return;
  const first = f32Index(bias);
  const ih = f32Index(biasIh.value);
  const hh = biasHh && f32Index(biasHh.value);
  const sumIndex = (unit: number, sum: number): number => first + sum * panels * PANEL + unit;
  for (let unit = 0; unit < hidden; unit++) {
    for (let sum = 0; sum < sums; sum++) {
      f32[sumIndex(unit, sum)] = sum < gateCount ? f32[ih + sum * hidden + unit] : 0;
    }
    for (const product of recurrent) {
      for (let gate = 0; gate < product.gates; gate++) {
        f32[sumIndex(unit, product.firstSum + gate)] += f32[hh! + (product.firstGate + gate) * hidden + unit];
      }
    }
  }
}

/** The products that give the gradients of a layer's weights and biases, when backward has left those of its sums in z. */
export function layerGradients(layer: Layer, batchSize: number, rows: number): WeightGradient[] {
  const { cell, z, panels, ih, hh, biasIh, biasHh, input, states, reverse } = layer;
  const work: WeightGradient[] = [];
  if (!layer.dTable) {
    const x = inputOf(input, true);
    for (let gate = 0; gate < cell.gateCount; gate++) {
      work.push(...blockGradient({ ...ih, bias: biasIh }, gate, z, gate * panels, x, rows));
    }
  }
  // Own rows of the states before time step 0.
  const before = reverse ? shifted(states.h, 0, batchSize) : states.h;
  for (const { operand, firstSum, firstGate, gates } of cell.recurrent) {
    const x = operand === 'h' ? before : layer.operand!;
    for (let k = 0; k < gates; k++) {
      const block = { ...hh!, bias: biasHh };
      work.push(...blockGradient(block, firstGate + k, z, (firstSum + k) * panels, x, rows));
    }
  }
  return work;
}
