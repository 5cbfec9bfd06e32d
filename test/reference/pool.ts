/** What of a stack's outputs over time a classifier reads. */

import type { Pool } from '../../src/model/config.ts';
import { type CellState, zeroState } from './cells.ts';
import type { StackRun } from './stack.ts';

export interface PoolRun {
  /** (W) */
  result: Float64Array;
  /** The gradients of the stack's outputs and final states. */
  backward(gradient: Float64Array): { outputs: Float64Array[]; finals: CellState[] };
}

export function pool(kind: Pool, { outputs, finals }: StackRun): PoolRun {
  const width = finals[0].h.length;
  const nothing = () => ({
    outputs: outputs.map(() => new Float64Array(width)),
    finals: finals.map(() => zeroState(width)),
  });
  switch (kind) {
    case 'last':
      return {
        result: finals[finals.length - 1].h,
        backward(gradient) {
          const back = nothing();
          back.finals[finals.length - 1].h.set(gradient);
          return back;
        },
      };
    case 'mean':
      return {
        result: new Float64Array(width).map(
          (_, j) => outputs.reduce((sum, output) => sum + output[j], 0) / outputs.length,
        ),
        backward: (gradient) => ({
          ...nothing(),
          outputs: outputs.map(() => gradient.map((value) => value / outputs.length)),
        }),
      };
    case 'max': {
      const result = new Float64Array(width).map((_, j) => Math.max(...outputs.map((output) => output[j])));
      return {
        result,
        backward(gradient) {
          const back = nothing();
          result.forEach((largest, j) => {
            const t = outputs.findIndex((output) => output[j] === largest);
            back.outputs[t][j] = gradient[j];
          });
          return back;
        },
      };
    }
  }
}
