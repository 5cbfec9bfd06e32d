/** The long short-term memory. */

import { at } from '../../kernels/index.ts';
import { constant } from '../../model/index.ts';
import { synchronize } from '../team/index.ts';
import type { Cell } from './cell.ts';
import { gatedParameters } from './cell-parameters.ts';
import { clearEndedSums, gatePanels, inputSums, recurrentGradient, recurrentSums } from './layer.ts';

/**
 * LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):
 *
 *     i, f, o = logistic(W x + U h' + b), g = tanh(W x + U h' + b), c = f c' + i g, h = o tanh(c)
 *
 * Gates are in PyTorch's order. The forget gate's bias starts at 1 (Jozefowicz et al. 2015). Memory: T * B * (4 + 3) * H
 * floats a layer and direction.
 */
export const lstm: Cell = {
  gates: ['i', 'f', 'g', 'o'],
  gateCount: 4,
  sums: 4,
  states: ['h', 'c'],
  recurrent: [{ firstGate: 0, gates: 4, firstSum: 0, operand: 'h' }],
  parameters: (shape) => gatedParameters(shape, 4, constant(1, shape.hidden, 2 * shape.hidden)),
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
