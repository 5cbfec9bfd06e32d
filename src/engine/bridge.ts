/** From an encoder's final states to the states that a decoder starts from, level by level, and back. */

import { type Context, shareOf } from './context.ts';
import { shareLinearGradient } from './gradients.ts';
import type { BridgeLayout } from './head-layout.ts';
import { linearBackward, linearForward } from './linear.ts';
import { at, type PanelMatrix } from './panels.ts';
import { gatherFinals } from './pool.ts';

/** The decoder's matrix whose first B rows are the state before the sequence. */
function initialState({ layout }: Context, { level, state }: BridgeLayout): PanelMatrix {
  const [layer] = layout.stacks[1].levels[level].layers;
  return state === 'h' ? layer.h : layer.c!;
}

/** Rows are the decoder's: row b takes the states of source row `sourceRows[b]`. Each thread makes those that it goes on with. */
export function bridgeForward(context: Context): void {
  const { kernels, layout, threads, i32 } = context;
  const [first, last] = shareOf(layout.options.batchSize, threads.rank, threads.count);
  const rows = last - first;
  const [encoder] = layout.stacks;
  for (const bridge of layout.bridges) {
    const { finals, linear, level, state } = bridge;
    const to = initialState(context, bridge);
    for (let row = first; row < last; row++) {
      gatherFinals(context, encoder, encoder.levels[level], state, finals, row, i32[layout.sourceRows / 4 + row]);
    }
    if (linear) {
      linearForward(context, linear, to, first, finals, first, rows);
      if (state === 'h')
        for (let u = 0; u < to.panels; u++) kernels.rnnForward(at(to, u, first), at(to, u, first), rows);
    } else
      kernels.copyPanels(
        { base: at(to, 0, first), step: to.step },
        { base: at(finals, 0, first), step: finals.step },
        rows,
        finals.panels,
      );
  }
  if (context.splitUnits) threads.barrier();
}

/** From the gradients of the decoder's first states to those of the encoder's final ones. */
export function bridgeBackward(context: Context): void {
  const { kernels, layout, threads, i32 } = context;
  const B = layout.options.batchSize;
  const [first, last] = shareOf(B, threads.rank, threads.count);
  const rows = last - first;
  const [encoder, decoder] = layout.stacks;
  const gradientOf = ({ level, state }: BridgeLayout): PanelMatrix => {
    const { h, c } = decoder.levels[level].layers[0].dInitial!;
    return state === 'h' ? h : c!;
  };
  for (const bridge of layout.bridges) {
    const { dFinals, linear, level, state } = bridge;
    const gradient = gradientOf(bridge);
    const initial = initialState(context, bridge);
    if (linear) {
      for (let u = 0; state === 'h' && u < gradient.panels; u++) {
        kernels.rnnBackward(at(gradient, u, first), at(initial, u, first), at(gradient, u, first), rows);
      }
      linearBackward(context, linear, dFinals, first, gradient, first, rows);
    } else {
      const from = at(gradient, 0, first);
      kernels.copyPanels(
        { base: at(dFinals, 0, first), step: dFinals.step },
        { base: from, step: gradient.step },
        rows,
        dFinals.panels,
      );
    }
    const { layers, summed } = encoder.levels[level];
    layers.forEach(({ dFinal, units }, i) => {
      const to = state === 'h' ? dFinal!.h : dFinal!.c!;
      const panel = summed ? 0 : i * units;
      for (let row = first; row < last; row++) {
        const source = i32[layout.sourceRows / 4 + row];
        kernels.copyPanels(
          { base: at(to, 0, source), step: to.step },
          { base: at(dFinals, panel, row), step: dFinals.step },
          1,
          units,
        );
      }
    });
  }
  threads.barrier();
  for (const bridge of layout.bridges) {
    if (bridge.linear) shareLinearGradient(context, bridge.linear, gradientOf(bridge), bridge.finals, B);
  }
}
