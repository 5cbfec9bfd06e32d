/** The minimal gated recurrent unit, whose gates see the input alone. */

import { at, f32Index, PANEL } from '../../kernels/index.ts';
import type { Context } from '../team/index.ts';
import type { Cell, Layer, Step } from './cell.ts';
import { gateBias, inputWeight } from './cell-parameters.ts';
import { clearEndedSums, gatePanels } from './layer.ts';

/**
 * minGRU (Feng et al. 2024, "Were RNNs All We Needed?"):
 *
 *     z = logistic(W x + b), n = g(W x + b), h = (1 - z) h' + z n, with g(a) = a + 1/2 for a >= 0, logistic(a) below
 *
 * The g of the paper's log-space form, which keeps the state above 0. The paper needs logarithms for a scan over time in
 * parallel; here a batch has rows enough to share out, and the scan is a loop over time steps that multiplies nothing by a
 * matrix. The stack has the sums of a whole sequence computed before it. Memory: T * B * (2 + 2) * H floats a layer and
 * direction.
 */
export const minGru: Cell = {
  gates: ['z', 'n'],
  candidates: ['n'],
  keeps: { gate: 'z', share: 'rest' },
  gateCount: 2,
  sums: 2,
  states: ['h'],
  recurrent: [],
  norms: [],
  parameters: (shape) => [inputWeight(shape, 2), gateBias('bias_ih', shape, 2)],
  plan: () => undefined,
  forward(context, layer, step) {
    const { z, states, panels } = layer;
    for (let panel = step.region.firstPanel; panel < step.region.lastPanel; panel++) {
      const previous = at(states.h, panel, step.before);
      const h = at(states.h, panel, step.after);
      context.kernels.minGruForward(gatePanels(z, panels, panel, step.zRow), previous, h, step.rows);
    }
    clearPadding(context, layer, step);
    context.lap('gates');
  },
  backward(context, layer, step) {
    const { z, states, dStates, panels } = layer;
    for (let panel = step.region.firstPanel; panel < step.region.lastPanel; panel++) {
      const previous = at(states.h, panel, step.before);
      const dh = at(dStates!.h, panel, step.after);
      const dPrevious = at(dStates!.h, panel, step.before);
      context.kernels.minGruBackward(gatePanels(z, panels, panel, step.row), previous, dh, dPrevious, step.rows);
    }
    clearEndedSums(context, layer, step);
    context.lap('gates');
  },
};

/** Sets the columns behind the last unit to 0, as products of two states expect them: of sums of 0 they would be g(0). */
function clearPadding({ f32 }: Context, { states, panels, ih }: Layer, { region, after, rows }: Step): void {
  const units = ih.outputs.size % PANEL;
  if (units === 0 || region.lastPanel < panels) return;
  const first = f32Index(at(states.h, panels - 1, after));
  for (let row = first; row < first + rows * PANEL; row += PANEL) f32.fill(0, row + units, row + PANEL);
}
