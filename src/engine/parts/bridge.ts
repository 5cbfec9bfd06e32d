/**
 * From an encoder's final states to the states that a decoder starts from, level by level, and back: as they are where both are
 * as wide, else by a projection, tanh(W h + b) for h and W c + b for other states. Memory: 2 * B * W floats a state and level.
 */

import { type Address, at, i32Index, type PanelMatrix, shifted } from '../../kernels/index.ts';
import { type ModelConfig, type ParameterSpec, uniform, zeros } from '../../model/index.ts';
import { type Columns, columnPanels, type Planner } from '../memory/index.ts';
import { type Context, ownShare } from '../team/index.ts';
import { type Linear, linearBackward, linearForward, planLinear } from './linear.ts';
import { gatherFinals, type Stack } from './stack.ts';
import { shareLinearGradient } from './weight-gradient.ts';

/** One state of one level on its way from the encoder to the decoder; rows are the decoder's. */
export interface Bridge {
  level: number;
  state: string;
  /** (B, panels of W): the encoder's final states, and their gradients. */
  finals: PanelMatrix;
  dFinals: PanelMatrix;
  /** (H, W); absent where the states go over as they are. */
  linear: Linear | undefined;
}

/** Whether an encoder of `width` columns needs a projection. */
export function bridgeProjects({ hidden }: Pick<ModelConfig, 'hidden'>, width: number): boolean {
  return width !== hidden;
}

/** For each state and layer k `bridge_h.k.weight` (H, W) and `bridge_h.k.bias` (H), where there is a projection. */
export function bridgeParameters(
  { hidden, layers }: ModelConfig,
  states: readonly string[],
  width: number,
): ParameterSpec[] {
  if (!bridgeProjects({ hidden }, width)) return [];
  return states.flatMap((state) =>
    Array.from({ length: layers }, (_, level): ParameterSpec[] => [
      {
        name: `bridge_${state}.${level}.weight`,
        shape: [hidden, width],
        role: 'projection',
        initial: uniform(1 / Math.sqrt(hidden)),
        tokens: 'none',
      },
      { name: `bridge_${state}.${level}.bias`, shape: [hidden], role: 'bias', initial: zeros, tokens: 'none' },
    ]).flat(),
  );
}

export function planBridges(planner: Planner, states: readonly string[], columns: Columns): Bridge[] {
  const { arena, batchSize, model } = planner;
  const panels = columnPanels(columns);
  return Array.from({ length: model.layers }, (_, level) =>
    states.map((state): Bridge => {
      const name = `bridge_${state}.${level}`;
      return {
        level,
        state,
        finals: arena.activations(batchSize, panels),
        dFinals: arena.activations(batchSize, panels),
        linear: bridgeProjects(model, columns.blocks * columns.size)
          ? planLinear(planner, planner.parameter(`${name}.weight`), {
              columns,
              bias: planner.parameter(`${name}.bias`),
            })
          : undefined,
      };
    }),
  ).flat();
}

/** Encoder, decoder, and (int32, (B)) the source row that each row of the decoder has. */
export interface BridgeEnds {
  encoder: Stack;
  decoder: Stack;
  sourceRows: Address;
}

/** The decoder's matrix whose first B rows are the state before the sequence. */
function initialState({ decoder }: BridgeEnds, { level, state }: Bridge): PanelMatrix {
  return decoder.levels[level].layers[0].states[state];
}

/** Rows are the decoder's: row b takes the states of source row `sourceRows[b]`. Each thread makes those that it goes on with. */
export function bridgeForward(context: Context, bridges: readonly Bridge[], ends: BridgeEnds): void {
  const { kernels, threads, i32 } = context;
  const { encoder } = ends;
  const [first, last] = ownShare(context, context.batchSize);
  const rows = last - first;
  const sourceRows = i32Index(ends.sourceRows);
  for (const bridge of bridges) {
    const { finals, linear, level, state } = bridge;
    const to = initialState(ends, bridge);
    for (let row = first; row < last; row++) {
      gatherFinals(context, encoder, encoder.levels[level], state, finals, row, i32[sourceRows + row]);
    }
    if (!linear) {
      kernels.copyPanels(shifted(to, 0, first), shifted(finals, 0, first), rows, finals.panels);
      continue;
    }
    linearForward(context, linear, to, first, finals, first, rows);
    if (state !== 'h') continue;
    for (let panel = 0; panel < to.panels; panel++) {
      kernels.rnnForward(at(to, panel, first), at(to, panel, first), rows);
    }
  }
  if (context.splitPanels) threads.barrier();
}

/** From the gradients of the decoder's first states to those of the encoder's final ones. */
export function bridgeBackward(context: Context, bridges: readonly Bridge[], ends: BridgeEnds): void {
  const { kernels, threads, i32, batchSize } = context;
  const { encoder, decoder } = ends;
  const [first, last] = ownShare(context, batchSize);
  const rows = last - first;
  const sourceRows = i32Index(ends.sourceRows);
  const gradientOf = ({ level, state }: Bridge): PanelMatrix => decoder.levels[level].layers[0].dInitial![state];
  for (const bridge of bridges) {
    const { dFinals, linear, level, state } = bridge;
    const gradient = gradientOf(bridge);
    if (linear) {
      const initial = initialState(ends, bridge);
      for (let panel = 0; state === 'h' && panel < gradient.panels; panel++) {
        const d = at(gradient, panel, first);
        kernels.rnnBackward(d, at(initial, panel, first), d, rows);
      }
      linearBackward(context, linear, dFinals, first, gradient, first, rows);
    } else {
      kernels.copyPanels(shifted(dFinals, 0, first), shifted(gradient, 0, first), rows, dFinals.panels);
    }
    const { layers, summed } = encoder.levels[level];
    layers.forEach(({ dFinal, panels }, i) => {
      const panel = summed ? 0 : i * panels;
      for (let row = first; row < last; row++) {
        const source = i32[sourceRows + row];
        kernels.copyPanels(shifted(dFinal![state], 0, source), shifted(dFinals, panel, row), 1, panels);
      }
    });
  }
  threads.barrier();
  for (const bridge of bridges) {
    if (bridge.linear) shareLinearGradient(context, bridge.linear, gradientOf(bridge), bridge.finals, batchSize);
  }
}
