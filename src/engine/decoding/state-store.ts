/** Recurrent states between the memory and whoever decodes. */

import { at, f32Index, PANEL, type PanelMatrix } from '../../kernels/index.ts';
import type { Context } from '../team/index.ts';

/** The recurrent state of some rows: for each state matrix its panels one after the other, rows inside. */
export interface StepState {
  rows: number;
  values: Float32Array;
}

/** Moves states between `StepState`s and the first rows of state matrices. */
export interface StateStore {
  start(rows: number): StepState;
  /** Rows `first` to `first + count` of a state, to row 0 on of the matrices. */
  load(state: StepState, first: number, count: number): void;
  /** The same from row `row` on of the matrices. */
  store(state: StepState, first: number, count: number, row: number): void;
  select(state: StepState, rows: ArrayLike<number>): StepState;
}

/** Up to as many numbers are copied faster one by one than as views. */
const COPIED_ONE_BY_ONE = 2 * PANEL;

export function createStateStore({ f32 }: Context, matrices: readonly PanelMatrix[]): StateStore {
  /** Where each panel of the states begins in the memory. */
  const places = matrices.flatMap((matrix) =>
    Array.from({ length: matrix.panels }, (_, panel) => f32Index(at(matrix, panel, 0))),
  );
  const start = (rows: number): StepState => ({ rows, values: new Float32Array(rows * places.length * PANEL) });
  return {
    start,
    load({ rows, values }, first, count) {
      places.forEach((to, panel) => {
        copy(values, (panel * rows + first) * PANEL, f32, to, count * PANEL);
      });
    },
    store({ rows, values }, first, count, row) {
      places.forEach((place, panel) => {
        copy(f32, place + row * PANEL, values, (panel * rows + first) * PANEL, count * PANEL);
      });
    },
    select({ rows, values }, chosen) {
      const state = start(chosen.length);
      for (let panel = 0; panel < places.length; panel++) {
        for (let row = 0; row < chosen.length; row++) {
          copy(
            values,
            (panel * rows + chosen[row]) * PANEL,
            state.values,
            (panel * chosen.length + row) * PANEL,
            PANEL,
          );
        }
      }
      return state;
    },
  };
}

function copy(from: Float32Array, fromAt: number, to: Float32Array, toAt: number, count: number): void {
  if (count > COPIED_ONE_BY_ONE) to.set(from.subarray(fromAt, fromAt + count), toAt);
  else for (let i = 0; i < count; i++) to[toAt + i] = from[fromAt + i];
}
