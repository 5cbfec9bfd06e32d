/**
 * The gated recurrent unit (Cho et al. 2014) in three forms, by where the reset gate r applies; u is the update gate (PyTorch's
 * z), n the candidate:
 *
 *     r, u = logistic(W x + U h' + b), h = (1 - u) n + u h'
 *     after the matrix:  n = tanh(W x + b + r (U h' + c))      (cuDNN, PyTorch)
 *     before the matrix: n = tanh(W x + b + U (r h'))          (Cho et al. as published)
 *     without a reset:   n = tanh(W x + b + U h')              (the lectures' simplified GRU)
 *
 * With layer normalization (Ba et al. 2016) each sum of products is normalized in place of adding b; after the matrix those of
 * the candidate are two, LN(W x) and LN(U h').
 */

import { at, offsetBy, PANEL, type PanelMatrix, shifted } from '../../kernels/index.ts';
import type { GruReset } from '../../model/index.ts';
import { type Context, synchronize } from '../team/index.ts';
import type { Cell, Layer, Step } from './cell.ts';
import { gatedParameters, inputWeight, recurrentWeight } from './cell-parameters.ts';
import {
  clearEndedSums,
  gatePanels,
  inputSums,
  normalizedSumsBackward,
  normalizeSums,
  recurrentGradient,
  recurrentSums,
} from './layer.ts';
import { type NormShape, normParameters } from './layer-norm.ts';
import { addProduct, partOf } from './linear.ts';

/** What the pointwise parts of a panel of hidden units go by. */
function addresses({ states, dStates, values, panels }: Layer, step: Step, panel: number) {
  return {
    gates: gatePanels(values, panels, panel, step.zRow),
    previous: at(states.h, panel, step.before),
    h: at(states.h, panel, step.after),
    dh: dStates && at(dStates.h, panel, step.after),
    dPrevious: dStates && at(dStates.h, panel, step.before),
  };
}

/** What every form ends its way back with. */
function backThroughState(context: Context, layer: Layer, step: Step): void {
  clearEndedSums(context, layer, step);
  context.lap('gates');
  if (context.splitPanels) synchronize(context, 'gates');
}

/** Memory: T * B * (4 + 2) * H floats a layer and direction. */
const resetAfter: Cell = {
  gates: ['r', 'z', 'n'],
  candidates: ['n'],
  keeps: { gate: 'z', share: 'value' },
  gateCount: 3,
  sums: 4,
  states: ['h'],
  recurrent: [
    { firstGate: 0, gates: 2, firstSum: 0, operand: 'h' },
    { firstGate: 2, gates: 1, firstSum: 3, operand: 'h' },
  ],
  norms: [],
  parameters: (shape) => gatedParameters(shape, 3),
  plan: () => undefined,
  forward(context, layer, step) {
    const { firstPanel, lastPanel } = step.region;
    inputSums(context, layer, step, firstPanel, lastPanel);
    for (const product of layer.cell.recurrent) recurrentSums(context, layer, step, product, firstPanel, lastPanel);
    normalizeSums(context, layer, step, { first: 0, count: 4 });
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      const { gates, previous, h } = addresses(layer, step, panel);
      context.kernels.gruAfterForward(gates, previous, h, step.rows);
    }
    context.lap('gates');
  },
  backward(context, layer, step) {
    for (let panel = step.region.firstPanel; panel < step.region.lastPanel; panel++) {
      const { gates, previous, dh, dPrevious } = addresses(layer, step, panel);
      context.kernels.gruAfterBackward(gates, previous, dh!, dPrevious!, step.rows);
    }
    normalizedSumsBackward(context, layer, step, { first: 0, count: 4 });
    backThroughState(context, layer, step);
    recurrentGradient(context, layer, step);
  },
};

/** What the form with the reset before the matrix keeps: (B, panels), the gradient of r h' of the time step in hand. */
interface ResetKept {
  dReset: PanelMatrix;
}

/** Its operand is r h'. Memory: T * B * (3 + 3) * H floats a layer and direction. */
const resetBefore: Cell<ResetKept> = {
  gates: ['r', 'z', 'n'],
  candidates: ['n'],
  keeps: { gate: 'z', share: 'value' },
  gateCount: 3,
  sums: 3,
  states: ['h'],
  recurrent: [
    { firstGate: 0, gates: 2, firstSum: 0, operand: 'h' },
    { firstGate: 2, gates: 1, firstSum: 2, operand: 'operand' },
  ],
  norms: [],
  parameters: (shape) => gatedParameters(shape, 3),
  plan: ({ arena, batchSize, shared }, panels) => ({
    dReset: shared('dReset', () => arena.activations(batchSize, panels)),
  }),
  forward(context, layer, step) {
    const [resetAndUpdate, candidate] = layer.cell.recurrent;
    const { firstPanel, lastPanel } = step.region;
    inputSums(context, layer, step, firstPanel, lastPanel);
    recurrentSums(context, layer, step, resetAndUpdate, firstPanel, lastPanel);
    normalizeSums(context, layer, step, { first: 0, count: 2 });
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      const { gates, previous } = addresses(layer, step, panel);
      context.kernels.gruBeforeGates(gates, previous, at(layer.operand!, panel, step.row), step.rows);
    }
    context.lap('gates');
    // The candidate's product needs r h' of all panels.
    if (context.splitPanels) synchronize(context, 'gates');
    recurrentSums(context, layer, step, candidate, firstPanel, lastPanel);
    normalizeSums(context, layer, step, { first: 2, count: 1 });
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      const { gates, previous, h } = addresses(layer, step, panel);
      context.kernels.gruBeforeForward(gates, previous, h, step.rows);
    }
    context.lap('gates');
  },
  backward(context, layer, step) {
    for (let panel = step.region.firstPanel; panel < step.region.lastPanel; panel++) {
      const { gates, previous, dh, dPrevious } = addresses(layer, step, panel);
      context.kernels.gruBeforeBackward(gates, previous, dh!, dPrevious!, step.rows);
    }
    normalizedSumsBackward(context, layer, step, { first: 1, count: 2 });
    backThroughState(context, layer, step);
    if (step.rows > 0) {
      resetGradient(context, layer, step);
      normalizedSumsBackward(context, layer, step, { first: 0, count: 1 });
      if (context.splitPanels) synchronize(context, 'gates');
    }
    recurrentGradient(context, layer, step);
  },
};

/** From the candidate's gradient through its matrix to r h', and on to r and h'. */
function resetGradient(context: Context, layer: Layer<ResetKept>, step: Step): void {
  const { kernels } = context;
  const { z, panels, hh } = layer;
  const { dReset } = layer.kept;
  const { rows } = step;
  const { firstRow } = step.region;
  const { firstPanel, lastPanel } = step.region;
  const candidate = 2 * panels;
  const to = shifted(dReset, firstPanel, firstRow);
  kernels.clearRows(to, rows, lastPanel - firstPanel);
  const w = partOf(hh!.backward!, firstPanel, candidate * PANEL, lastPanel - firstPanel);
  addProduct(context, to, shifted(z, candidate, step.row), w, rows, panels);
  for (let panel = firstPanel; panel < lastPanel; panel++) {
    const { gates, previous, dPrevious } = addresses(layer, step, panel);
    kernels.gruBeforeResetBackward(gates.base, previous, at(dReset, panel, firstRow), dPrevious!, rows);
  }
  context.lap('recurrent product');
}

/** Memory: T * B * (2 + 2) * H floats a layer and direction. */
const withoutReset: Cell = {
  gates: ['z', 'n'],
  candidates: ['n'],
  keeps: { gate: 'z', share: 'value' },
  gateCount: 2,
  sums: 2,
  states: ['h'],
  recurrent: [{ firstGate: 0, gates: 2, firstSum: 0, operand: 'h' }],
  norms: [],
  parameters: (shape) => gatedParameters(shape, 2),
  plan: () => undefined,
  forward(context, layer, step) {
    const { firstPanel, lastPanel } = step.region;
    inputSums(context, layer, step, firstPanel, lastPanel);
    recurrentSums(context, layer, step, layer.cell.recurrent[0], firstPanel, lastPanel);
    normalizeSums(context, layer, step, { first: 0, count: 2 });
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      const { gates, previous, h } = addresses(layer, step, panel);
      context.kernels.gruSimpleForward(gates, previous, h, step.rows);
    }
    context.lap('gates');
  },
  backward(context, layer, step) {
    for (let panel = step.region.firstPanel; panel < step.region.lastPanel; panel++) {
      const { gates, previous, dh, dPrevious } = addresses(layer, step, panel);
      // The kernel's first panel, r, is not touched.
      const behind = { base: offsetBy(gates.base, -gates.step), step: gates.step };
      context.kernels.gruBeforeBackward(behind, previous, dh!, dPrevious!, step.rows);
    }
    normalizedSumsBackward(context, layer, step, { first: 0, count: 2 });
    backThroughState(context, layer, step);
    recurrentGradient(context, layer, step);
  },
};

/** The same with layer normalization. Memory: T * B * H floats more for each sum, and what layer-norm.ts keeps. */
function normalized(cell: Cell): Cell {
  const { gateCount, sums } = cell;
  const norm: NormShape = { name: 'norm', blocks: sums };
  return {
    ...cell,
    norms: [norm],
    parameters: (shape) => [
      inputWeight(shape, gateCount),
      recurrentWeight(shape, gateCount),
      ...normParameters(norm, shape.hidden),
    ],
  };
}

export function gru(reset: GruReset, layerNorm: boolean): Cell {
  const cell: Cell = { before: resetBefore, after: resetAfter, none: withoutReset }[reset];
  return layerNorm ? normalized(cell) : cell;
}
