/** The long short-term memory. */

import { at, type PanelMatrix, shifted } from '../../kernels/index.ts';
import { constant } from '../../model/index.ts';
import { synchronize } from '../team/index.ts';
import type { Cell } from './cell.ts';
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
import { type NormShape, normalize, normalizeBackward, normParameters } from './layer-norm.ts';

/** The forget gate is open at the start (Jozefowicz et al. 2015). */
const openForget = (hidden: number) => constant(1, hidden, 2 * hidden);

/**
 * LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):
 *
 *     i, f, o = logistic(W x + U h' + b), g = tanh(W x + U h' + b), c = f c' + i g, h = o tanh(c)
 *
 * Gates are in PyTorch's order. Memory: T * B * (4 + 3) * H floats a layer and direction.
 */
export const lstm: Cell = {
  gates: ['i', 'f', 'g', 'o'],
  candidates: ['g'],
  keeps: { gate: 'f', share: 'value' },
  gateCount: 4,
  sums: 4,
  states: ['h', 'c'],
  recurrent: [{ firstGate: 0, gates: 4, firstSum: 0, operand: 'h' }],
  norms: [],
  parameters: (shape) => gatedParameters(shape, 4, openForget(shape.hidden)),
  plan: () => undefined,
  forward(context, layer, step) {
    const { z, panels } = layer;
    const { h, c } = layer.states;
    const { before, after } = step;
    const { firstPanel, lastPanel } = step.region;
    inputSums(context, layer, step, firstPanel, lastPanel);
    recurrentSums(context, layer, step, layer.cell.recurrent[0], firstPanel, lastPanel);
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      const gates = gatePanels(z, panels, panel, step.zRow);
      context.kernels.lstmForward(gates, at(c, panel, before), at(c, panel, after), at(h, panel, after), step.rows);
    }
    context.lap('gates');
  },
  backward(context, layer, step) {
    const { z, panels, dStates } = layer;
    const { c } = layer.states;
    const { before, after } = step;
    for (let panel = step.region.firstPanel; panel < step.region.lastPanel; panel++) {
      const gates = gatePanels(z, panels, panel, step.row);
      const dh = at(dStates!.h, panel, after);
      const dc = at(dStates!.c, panel, step.region.firstRow);
      context.kernels.lstmBackward(gates, at(c, panel, before), at(c, panel, after), dh, dc, step.rows);
    }
    clearEndedSums(context, layer, step);
    context.lap('gates');
    if (context.splitPanels) synchronize(context, 'gates');
    recurrentGradient(context, layer, step);
  },
};

const GATES_NORM: NormShape = { name: 'norm', blocks: 4 };
const CELL_NORM: NormShape = { name: 'cell_norm', blocks: 1 };

interface NormalizedKept {
  /** (T*B, panels): LN(c). */
  normalizedC: PanelMatrix;
  /** (B, panels): its gradient at the time step in hand. */
  dNormalizedC: PanelMatrix | undefined;
}

/**
 * LSTM with layer normalization (Ba et al. 2016) of each gate's sum and of c on its way to h:
 *
 *     i, f, o = logistic(LN(W x + U h')), g = tanh(LN(W x + U h')), c = f c' + i g, h = o tanh(LN(c))
 *
 * Memory: T * B * (8 + 4) * H floats a layer and direction, and what layer-norm.ts keeps.
 */
export const normalizedLstm: Cell<NormalizedKept> = {
  ...lstm,
  norms: [GATES_NORM, CELL_NORM],
  parameters: (shape) => [
    inputWeight(shape, 4),
    recurrentWeight(shape, 4),
    ...normParameters(GATES_NORM, shape.hidden, openForget(shape.hidden)),
    ...normParameters(CELL_NORM, shape.hidden),
  ],
  plan: ({ arena, batchSize, training, shared }, panels, steps) => ({
    normalizedC: arena.activations(steps * batchSize, panels),
    dNormalizedC: training ? shared('dNormalizedC', () => arena.activations(batchSize, panels)) : undefined,
  }),
  forward(context, layer, step) {
    const { kernels } = context;
    const { values, panels, norms, kept } = layer;
    const { h, c } = layer.states;
    const { before, after, zRow, rows } = step;
    inputSums(context, layer, step, 0, panels);
    recurrentSums(context, layer, step, layer.cell.recurrent[0], 0, panels);
    normalizeSums(context, layer, step, { first: 0, count: 4 });
    for (let panel = 0; panel < panels; panel++) {
      const gates = gatePanels(values, panels, panel, zRow);
      kernels.lstmCellForward(gates, at(c, panel, before), at(c, panel, after), rows);
    }
    normalize(context, norms[1], 0, shifted(kept.normalizedC, 0, zRow), shifted(c, 0, after), zRow, rows);
    for (let panel = 0; panel < panels; panel++) {
      const output = at(values, 3 * panels + panel, zRow);
      kernels.lstmOutputForward(output, at(kept.normalizedC, panel, zRow), at(h, panel, after), rows);
    }
    context.lap('gates');
  },
  backward(context, layer, step) {
    const { kernels } = context;
    const { values, panels, norms, kept, dStates } = layer;
    const { c } = layer.states;
    const { before, after, row, rows } = step;
    const { firstRow } = step.region;
    const d = shifted(kept.dNormalizedC!, 0, firstRow);
    const dc = shifted(dStates!.c, 0, firstRow);
    for (let panel = 0; panel < panels; panel++) {
      const output = at(values, 3 * panels + panel, row);
      const normalized = at(kept.normalizedC, panel, row);
      kernels.lstmOutputBackward(output, normalized, at(dStates!.h, panel, after), at(d, panel, 0), rows);
    }
    normalizeBackward(context, norms[1], 0, d, d, shifted(c, 0, after), row, rows, firstRow);
    kernels.addPanels(dc, d, rows, panels);
    for (let panel = 0; panel < panels; panel++) {
      kernels.lstmCellBackward(gatePanels(values, panels, panel, row), at(c, panel, before), at(dc, panel, 0), rows);
    }
    normalizedSumsBackward(context, layer, step, { first: 0, count: 4 });
    clearEndedSums(context, layer, step);
    context.lap('gates');
    recurrentGradient(context, layer, step);
  },
};
