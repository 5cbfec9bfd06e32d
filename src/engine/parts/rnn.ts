/** The vanilla RNN. */

import { at } from '../../kernels/index.ts';
import { synchronize } from '../team/index.ts';
import type { Cell } from './cell.ts';
import { gatedParameters } from './cell-parameters.ts';
import { clearEndedSums, inputSums, recurrentGradient, recurrentSums } from './layer.ts';

/** RNN (Elman 1990): h = tanh(W x + U h' + b). Memory: T * B * (1 + 2) * H floats a layer and direction. */
export const rnn: Cell = {
  // After the tanh z still holds the sum, which says nothing that h does not.
  gates: [],
  candidates: [],
  keeps: undefined,
  gateCount: 1,
  sums: 1,
  states: ['h'],
  recurrent: [{ firstGate: 0, gates: 1, firstSum: 0, operand: 'h' }],
  norms: [],
  parameters: (shape) => gatedParameters(shape, 1),
  plan: () => undefined,
  forward(context, layer, step) {
    const { z, states } = layer;
    const { firstPanel, lastPanel } = step.region;
    inputSums(context, layer, step, firstPanel, lastPanel);
    recurrentSums(context, layer, step, layer.cell.recurrent[0], firstPanel, lastPanel);
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      context.kernels.rnnForward(at(z, panel, step.zRow), at(states.h, panel, step.after), step.rows);
    }
    context.lap('gates');
  },
  backward(context, layer, step) {
    const { z, states, dStates } = layer;
    for (let panel = step.region.firstPanel; panel < step.region.lastPanel; panel++) {
      const h = at(states.h, panel, step.after);
      context.kernels.rnnBackward(at(z, panel, step.row), h, at(dStates!.h, panel, step.after), step.rows);
    }
    clearEndedSums(context, layer, step);
    context.lap('gates');
    if (context.splitPanels) synchronize(context, 'gates');
    recurrentGradient(context, layer, step);
  },
};
