/** The recurrent state that goes on from chunk to chunk: where it is set to zero, carried, read and written. */

import { at, f32Index, i32Index, PANEL, type PanelMatrix } from '../../kernels/index.ts';
import type { Chunk } from '../chunk.ts';
import { clearPanels } from '../parts/index.ts';
import type { Plan } from '../plan.ts';
import { type Context, ownShare } from '../team/index.ts';
import type { Tensor } from '../types.ts';

/** Every row starts from zero. */
export function clearState(context: Context, { network }: Plan): void {
  const [first, last] = ownShare(context, context.batchSize);
  for (const { matrix } of network.carried) clearPanels(context, matrix, first, last - first);
}

/** Each row's state after the last position that counts becomes the state before the next chunk. */
export function carryState(context: Context, { network }: Plan, { carry }: Chunk): void {
  const { f32, i32, batchSize: B } = context;
  const lengths = i32Index(network.sequences[0].lengths);
  const [first, last] = ownShare(context, B);
  for (let row = first, end = row; row < last; row = end) {
    const length = Math.min(i32[lengths + row], carry);
    while (end < last && Math.min(i32[lengths + end], carry) === length) end++;
    if (length === 0) continue;
    for (const { matrix } of network.carried) {
      for (let panel = 0; panel < matrix.panels; panel++) {
        const from = f32Index(at(matrix, panel, length * B + row));
        f32.copyWithin(f32Index(at(matrix, panel, row)), from, from + (end - row) * PANEL);
      }
    }
  }
}

/** Copies of the states, (B, H) each. */
export function readState(f32: Float32Array, { network, options }: Plan): Tensor[] {
  const { batchSize: B, model } = options;
  return network.carried.map(({ name, matrix }) => {
    const data = new Float32Array(B * model.hidden);
    eachPanelRow(matrix, B, model.hidden, (place, index, count) => data.set(f32.subarray(place, place + count), index));
    return { name, shape: [B, model.hidden], data };
  });
}

export function writeState(f32: Float32Array, { network, options }: Plan, state: readonly Tensor[]): void {
  const { batchSize: B, model } = options;
  for (const { name, matrix } of network.carried) {
    const tensor = state.find((one) => one.name === name);
    if (tensor?.data.length !== B * model.hidden) {
      throw new RangeError(`state ${name} of ${B} by ${model.hidden} is missing`);
    }
    eachPanelRow(matrix, B, model.hidden, (place, index, count) =>
      f32.set(tensor.data.subarray(index, index + count), place),
    );
  }
}

/** Calls `visit` with each run of units that lie together: their place in the memory, in (B, H) row-major, and how many. */
function eachPanelRow(
  matrix: PanelMatrix,
  rows: number,
  hidden: number,
  visit: (place: number, index: number, count: number) => void,
): void {
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < hidden; unit += PANEL) {
      visit(f32Index(at(matrix, unit / PANEL, row)), row * hidden + unit, Math.min(PANEL, hidden - unit));
    }
  }
}
