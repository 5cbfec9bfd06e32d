/** From an encoder's final states to the states that a decoder starts from, level by level, and back. */

import type { Context } from './context.ts';
import { shareLinearGradient } from './gradients.ts';
import type { BridgeLayout } from './headLayout.ts';
import { linearBackward, linearForward } from './linear.ts';
import { at, type PanelMatrix } from './panels.ts';
import { gatherFinals } from './pool.ts';

/** The decoder's matrix whose first B rows are the state before the sequence. */
function initialState({ layout }: Context, { level, state }: BridgeLayout): PanelMatrix {
  const [layer] = layout.stacks[1].levels[level].layers;
  return state === 'h' ? layer.h : layer.c!;
}

/** Rows are the decoder's: row b takes the states of source row `sourceRows[b]`. */
export function bridgeForward(context: Context): void {
  const { kernels, layout, threads, i32 } = context;
  const B = layout.options.batchSize;
  const [encoder] = layout.stacks;
  threads.share(layout.bridges.length, (item) => {
    const bridge = layout.bridges[item];
    const { finals, linear, level, state } = bridge;
    const to = initialState(context, bridge);
    for (let row = 0; row < B; row++) {
      gatherFinals(context, encoder, encoder.levels[level], state, finals, row, i32[layout.sourceRows / 4 + row]);
    }
    if (!linear) kernels.copyPanels(to.base, to.step, finals.base, finals.step, B, finals.panels);
    else {
      linearForward(context, linear, to, 0, finals, 0, B);
      if (state === 'h') for (let u = 0; u < to.panels; u++) kernels.rnnForward(at(to, u, 0), at(to, u, 0), B);
    }
  });
  threads.barrier();
}

/** From the gradients of the decoder's first states to those of the encoder's final ones. */
export function bridgeBackward(context: Context): void {
  const { kernels, layout, threads, i32 } = context;
  const B = layout.options.batchSize;
  const [encoder, decoder] = layout.stacks;
  const gradientOf = ({ level, state }: BridgeLayout): PanelMatrix => {
    const { h, c } = decoder.levels[level].layers[0].dInitial!;
    return state === 'h' ? h : c!;
  };
  threads.share(layout.bridges.length, (item) => {
    const bridge = layout.bridges[item];
    const { dFinals, linear, level, state } = bridge;
    const gradient = gradientOf(bridge);
    const initial = initialState(context, bridge);
    if (!linear) kernels.copyPanels(dFinals.base, dFinals.step, gradient.base, gradient.step, B, dFinals.panels);
    else {
      if (state === 'h') {
        for (let u = 0; u < gradient.panels; u++) {
          kernels.rnnBackward(at(gradient, u, 0), at(initial, u, 0), at(gradient, u, 0), B);
        }
      }
      linearBackward(context, linear, dFinals, 0, gradient, 0, B);
    }
    const { layers, summed } = encoder.levels[level];
    layers.forEach(({ dFinal, units }, i) => {
      const to = state === 'h' ? dFinal!.h : dFinal!.c!;
      const panel = summed ? 0 : i * units;
      for (let row = 0; row < B; row++) {
        const source = i32[layout.sourceRows / 4 + row];
        kernels.copyPanels(at(to, 0, source), to.step, at(dFinals, panel, row), dFinals.step, 1, units);
      }
    });
  });
  threads.barrier();
  for (const bridge of layout.bridges) {
    if (bridge.linear) shareLinearGradient(context, bridge.linear, gradientOf(bridge), bridge.finals, B);
  }
  threads.barrier();
}
