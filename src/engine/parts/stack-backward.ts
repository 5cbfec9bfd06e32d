/**
 * The way back through a stack: from the gradient of its top level's output to those of all weights, of the input, and of states
 * that are linked to another stack. Level by level, each of its directions in turn.
 */

import { type Address, i32Index, shifted } from '../../kernels/index.ts';
import type { Chunk, Span } from '../chunk.ts';
import { type Context, type Region, regionOf, synchronize } from '../team/index.ts';
import type { Layer, Positions } from './cell.ts';
import { applyDropout } from './dropout.ts';
import { layerGradients, recurs } from './layer.ts';
import { shareNormGradients, startNormGradients } from './layer-norm.ts';
import { addProduct, clearPanel, partOf } from './linear.ts';
import { activeRows, type Level, type Stack, sequencePositions, stepOf } from './stack.ts';
import { shareTiles } from './weight-gradient.ts';

/** From the gradient of the top level's output to those of all levels' weights, of the input, and of linked states. */
export function backwardStack(context: Context, chunk: Chunk, stack: Stack): void {
  const { batchSize, lap } = context;
  const { steps } = chunk.spans[stack.tokens.sequence.index];
  for (const level of [...stack.levels].reverse()) {
    backwardLevel(context, chunk, stack, level);
    // At once, while the gradients of the level's sums are still in a cache.
    shareTiles(
      context,
      level.layers.flatMap((layer) => layerGradients(layer, batchSize, steps * batchSize)),
    );
    shareNormGradients(
      context,
      level.layers.flatMap(({ norms }) => norms),
    );
    lap('weight gradients');
  }
}

function backwardLevel(context: Context, chunk: Chunk, stack: Stack, level: Level): void {
  const span = chunk.spans[stack.tokens.sequence.index];
  if (level.summed) copyGradient(context, level, span);
  for (const layer of level.layers) {
    backwardLayer(context, chunk, stack, level, layer);
    synchronize(context, 'gates');
  }
}

/**
 * A layer in one direction: the gradients of its sums, its states and its input. `visit` sees each time step before it is
 * gone back through.
 */
export function backwardLayer(
  context: Context,
  chunk: Chunk,
  stack: Stack,
  level: Level,
  layer: Layer,
  visit?: (t: number) => void,
): void {
  const { index, lengths } = stack.tokens.sequence;
  const span = chunk.spans[index];
  const region = regionOf(context, layer.panels, layer.input.panels);
  const waits = recurs(layer.cell);
  startStateGradient(context, layer, region, lengths);
  for (let i = 0; i < span.steps; i++) {
    const t = layer.reverse ? i : span.steps - 1 - i;
    const step = stepOf(context, chunk, span, layer, region, t);
    visit?.(t);
    layer.cell.backward(context, layer, step);
    if (waits) inputGradient(context, chunk, level, layer, step);
  }
  if (layer.dInitial) keepInitialGradient(context, layer, region);
  if (waits) return;
  synchronize(context, 'gates');
  for (const positions of sequencePositions(context, chunk, span, layer)) {
    inputGradient(context, chunk, level, layer, positions);
  }
}

/** Both directions of a summed level get the gradient of the sum. */
function copyGradient(context: Context, { layers, dOutput }: Level, { steps, active }: Span): void {
  const { kernels, batchSize: B } = context;
  const [first, reverse] = layers;
  const region = regionOf(context, first.panels, first.input.panels);
  for (let t = 0; t < steps; t++) {
    const row = t * B + region.firstRow;
    const rows = activeRows(active, t, region);
    for (let panel = region.firstPanel; panel < region.lastPanel; panel++) {
      kernels.copyPanels(shifted(reverse.dStates!.h, panel, row, 1), shifted(dOutput!, panel, row, 1), rows, 1);
    }
  }
}

/**
 * Before a layer's backward pass: no gradient comes from behind the chunk, but for that of the final states where
 * another stack has part in it; and none is kept for the state before it. `lengths` is the address of the sequence's.
 */
function startStateGradient(context: Context, layer: Layer, region: Region, lengths: Address): void {
  const { kernels, i32, batchSize: B } = context;
  const { dFinal, reverse, cell } = layer;
  const { h: dh, ...others } = layer.dStates!;
  const { firstRow, lastRow } = region;
  const rows = lastRow - firstRow;
  startNormGradients(context, layer.norms, region);
  const firstLength = i32Index(lengths);
  for (let panel = region.firstPanel; panel < region.lastPanel; panel++) {
    if (!reverse) clearPanel(context, dh, panel, firstRow, rows);
    for (const name of cell.states.slice(1)) {
      const final = dFinal?.[name];
      if (final)
        kernels.copyPanels(shifted(others[name], panel, firstRow, 1), shifted(final, panel, firstRow, 1), rows, 1);
      else clearPanel(context, others[name], panel, firstRow, rows);
    }
    if (!dFinal) continue;
    for (let row = firstRow; row < lastRow; row++) {
      const last = reverse ? 0 : i32[firstLength + row];
      kernels.addPanels(shifted(dh, panel, last * B + row, 1), shifted(dFinal.h, panel, row, 1), 1, 1);
    }
  }
}

/** The gradient of the states before the sequence, before the level below takes the buffers. */
function keepInitialGradient({ kernels }: Context, { cell, dStates, dInitial }: Layer, region: Region): void {
  const row = region.firstRow;
  const rows = region.lastRow - row;
  const panels = region.lastPanel - region.firstPanel;
  for (const name of cell.states) {
    const from = shifted(dStates![name], region.firstPanel, row);
    kernels.copyPanels(shifted(dInitial![name], region.firstPanel, row), from, rows, panels);
  }
}

/** The gradient of the layer's input at some positions, if anything below wants it; of both directions' in turn. */
function inputGradient(context: Context, chunk: Chunk, level: Level, layer: Layer, positions: Positions): void {
  const { lap } = context;
  const { z, ih, input, cell, panels } = layer;
  const { gradient: to, dropout } = input;
  if (!to) return;
  const { row, rows, ended } = positions;
  const { firstInput, lastInput } = positions.region;
  if (layer === level.layers[0]) {
    for (let panel = firstInput; panel < lastInput; panel++) clearPanel(context, to, panel, row, rows + ended);
  }
  if (rows > 0) {
    const w = partOf(ih.backward!, firstInput, 0, lastInput - firstInput);
    const from = shifted(z, 0, row);
    addProduct(context, shifted(to, firstInput, row), from, w, rows, cell.gateCount * panels);
    if (dropout && layer === level.layers[level.layers.length - 1]) {
      applyDropout(context, chunk, dropout, to, to, row, rows, firstInput, lastInput);
    }
  }
  lap('input product');
}
