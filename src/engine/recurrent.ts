/**
 * Forward and backward through the stack of recurrent layers, time step by time step, for one thread's region.
 *
 * A layer's sums z come from a table of the tokens, or from biases and an input product; the recurrent product adds to them; the
 * pointwise kernels turn them into gate values and the state. Backward, the pointwise kernels turn the gate values into the gradients
 * of the sums, in place, and two products carry them on to the state before and to the layer below. Rows that have ended are left
 * out of every product, and the gradients of their sums are 0.
 */

import type { Chunk } from './chunk.ts';
import { type Context, type Region, regionOf } from './context.ts';
import type { LayerLayout } from './layout.ts';
import { at, type PanelMatrix, ROW } from './panels.ts';

export function forwardLayers(context: Context, chunk: Chunk): void {
  const { layers } = context.layout;
  for (const layer of layers) {
    const region = regionOf(context, layer.units, layer.inputPanels);
    if (layer.embedded) embed(context, chunk, layer, region);
    for (let t = 0; t < chunk.steps; t++) {
      const rows = activeRows(chunk, t, region);
      if (rows > 0) forwardStep(context, chunk, layer, region, t, rows);
      if (context.splitUnits) synchronize(context);
    }
  }
}

export function backwardLayer(context: Context, chunk: Chunk, layer: LayerLayout): void {
  const region = regionOf(context, layer.units, layer.inputPanels);
  clearStateGradient(context, layer, region);
  for (let t = chunk.steps - 1; t >= 0; t--) backwardStep(context, chunk, layer, region, t);
  synchronize(context);
}

/** The gradient of layer k's hidden states and that of its input take turns in two buffers. */
export function hiddenGradient(context: Context, layer: number): PanelMatrix {
  return context.layout.dh[(layer + 2) % 2];
}

/** The input of a layer above the first, or the embedded tokens; row 0 is the first row of time step 0. */
export function layerInput(context: Context, layer: LayerLayout, training: boolean): PanelMatrix {
  if (layer.embedded) return layer.embedded;
  const below = context.layout.layers[layer.index - 1];
  if (training && below.dropped) return below.dropped;
  return { ...below.h, base: below.h.base + context.layout.options.batchSize * ROW };
}

/** How many of a region's rows still go on at time step t; they are its first ones. */
function activeRows(chunk: Chunk, t: number, region: Region): number {
  return Math.max(0, Math.min(chunk.active[t], region.lastRow) - region.firstRow);
}

function synchronize(context: Context): void {
  context.lap('gates');
  context.threads.barrier();
  context.lap('barrier');
}

function embed(context: Context, chunk: Chunk, layer: LayerLayout, region: Region): void {
  const { kernels, layout } = context;
  const B = layout.options.batchSize;
  // With units split every thread needs all rows; the first one fetches them.
  if (!context.splitUnits || context.threads.rank === 0) {
    for (let t = 0; t < chunk.steps; t++) {
      const row = t * B + region.firstRow;
      const to = at(layer.embedded!, 0, row);
      const rows = activeRows(chunk, t, region);
      kernels.gatherEmbedding(
        to,
        layer.embedded!.step,
        layout.embedding!.value,
        layer.input,
        layout.inputs + row * 4,
        rows,
      );
    }
  }
  if (context.splitUnits) synchronize(context);
}

function forwardStep(
  context: Context,
  chunk: Chunk,
  layer: LayerLayout,
  region: Region,
  t: number,
  rows: number,
): void {
  const { kernels, layout } = context;
  const { units } = layer;
  const { sums, recurrent } = layout.form;
  const B = layout.options.batchSize;
  const row = t * B + region.firstRow;
  const zRow = chunk.training ? row : region.firstRow;
  const { z } = layer;
  dropBelow(context, chunk, layer, region, t, rows);
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    inputSums(context, chunk, layer, u, row, zRow, rows);
    context.lap('input product');
    for (const part of recurrent) {
      if (part.operand === 'h') recurrentProduct(context, layer, part, layer.h, u, row, zRow, rows);
    }
    context.lap('recurrent product');
    const zu = at(z, u, zRow);
    const gateStep = units * z.step;
    const previous = at(layer.h, u, row);
    const next = at(layer.h, u, row + B);
    if (layer.c) kernels.lstmForward(zu, gateStep, at(layer.c, u, row), at(layer.c, u, row + B), next, rows);
    else if (layer.resetH) kernels.gruBeforeGates(zu, gateStep, previous, at(layer.resetH, u, row), rows);
    else if (sums > 1) kernels.gruAfterForward(zu, gateStep, previous, next, rows);
    else kernels.rnnForward(zu, next, rows);
    context.lap('gates');
  }
  if (!layer.resetH) return;
  // The candidate's product needs r * h of all units.
  if (context.splitUnits) synchronize(context);
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    for (const part of recurrent) {
      if (part.operand === 'resetH') recurrentProduct(context, layer, part, layer.resetH, u, row, zRow, rows);
    }
    context.lap('recurrent product');
    kernels.gruBeforeForward(at(z, u, zRow), units * z.step, at(layer.h, u, row), at(layer.h, u, row + B), rows);
    context.lap('gates');
  }
}

/** Dropout of the layer below's output, for the rows and units that this thread may write. */
function dropBelow(context: Context, chunk: Chunk, layer: LayerLayout, region: Region, t: number, rows: number): void {
  const below = context.layout.layers[layer.index - 1];
  if (!chunk.training || !below?.dropped) return;
  const B = context.layout.options.batchSize;
  const row = t * B + region.firstRow;
  const { firstInput: first, lastInput: last } = region;
  applyDropout(context, chunk, below.dropped, row, below.h, row + B, below.index, row, rows, first, last - first);
  if (context.splitUnits) synchronize(context);
}

function applyDropout(
  context: Context,
  chunk: Chunk,
  to: PanelMatrix,
  toRow: number,
  from: PanelMatrix,
  fromRow: number,
  layer: number,
  position: number,
  rows: number,
  firstPanel: number,
  panels: number,
): void {
  const { dropout, seed } = context.layout.options.training!;
  const scale = 1 / (1 - dropout);
  const threshold = Math.floor(dropout * 0x100000000);
  const seedHigh = Math.floor(seed / 0x100000000);
  const target = at(to, 0, toRow);
  const source = at(from, 0, fromRow);
  // Philox's last counter word is 0 for the streams of random.ts and the layer plus one here, so that no words are used twice.
  context.kernels.dropout(
    target,
    to.step,
    source,
    from.step,
    rows,
    firstPanel,
    panels,
    threshold,
    scale,
    seed,
    seedHigh,
    chunk.update,
    layer + 1,
    position,
  );
}

/** z of one panel of units, before the recurrent product. */
function inputSums(
  context: Context,
  chunk: Chunk,
  layer: LayerLayout,
  u: number,
  row: number,
  zRow: number,
  rows: number,
): void {
  const { kernels, layout } = context;
  const { gates, sums } = layout.form;
  const { units, z } = layer;
  const to = at(z, u, zRow);
  const step = units * z.step;
  const table = layer.index > 0 ? undefined : (layer.table ?? (layer.embedded ? undefined : layer.ihForward));
  if (table) {
    const tokens = layout.inputs + row * 4;
    kernels.gatherRows(to, step, at(table, u, 0), units * table.step, tokens, rows, gates);
    if (sums > gates) {
      kernels.fillRows(to + gates * step, step, layer.bias + (u * sums + gates) * ROW, rows, sums - gates);
    }
    return;
  }
  const x = layerInput(context, layer, chunk.training);
  const w = layer.ihForward;
  kernels.fillRows(to, step, layer.bias + u * sums * ROW, rows, sums);
  kernels.productRows(to, step, at(x, 0, row), x.step, at(w, u, 0), units * w.step, rows, gates, layer.inputPanels);
}

function recurrentProduct(
  context: Context,
  layer: LayerLayout,
  part: { firstGate: number; gates: number; firstSum: number },
  operand: PanelMatrix,
  u: number,
  row: number,
  zRow: number,
  rows: number,
): void {
  const { units, z, hhForward: w } = layer;
  context.kernels.productRows(
    at(z, part.firstSum * units + u, zRow),
    units * z.step,
    at(operand, 0, row),
    operand.step,
    at(w, part.firstGate * units + u, 0),
    units * w.step,
    rows,
    part.gates,
    units,
  );
}

/** Before a layer's backward pass: no gradient comes from behind the chunk, and none is kept for the state before it. */
function clearStateGradient(context: Context, layer: LayerLayout, region: Region): void {
  const { kernels, layout } = context;
  const floats = ((region.lastRow - region.firstRow) * ROW) / 4;
  const dh = hiddenGradient(context, layer.index);
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    kernels.clear(at(layout.dState!, u, region.firstRow), floats);
    kernels.clear(at(dh, u, region.firstRow), floats);
  }
}

function backwardStep(context: Context, chunk: Chunk, layer: LayerLayout, region: Region, t: number): void {
  const { kernels, layout } = context;
  const { units, z } = layer;
  const { sums, recurrent } = layout.form;
  const B = layout.options.batchSize;
  const rows = activeRows(chunk, t, region);
  const row = t * B + region.firstRow;
  const dh = hiddenGradient(context, layer.index);
  const gateStep = units * z.step;
  const ended = region.lastRow - region.firstRow - rows;
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    const zu = at(z, u, row);
    const previous = at(layer.h, u, row);
    const dhu = at(dh, u, row + B);
    const dhPrevious = at(dh, u, row);
    const dState = at(layout.dState!, u, region.firstRow);
    if (layer.c) kernels.lstmBackward(zu, gateStep, at(layer.c, u, row), at(layer.c, u, row + B), dhu, dState, rows);
    else if (layer.resetH) kernels.gruBeforeBackward(zu, gateStep, previous, dhu, dhPrevious, rows);
    else if (sums > 1) kernels.gruAfterBackward(zu, gateStep, previous, dhu, dhPrevious, rows);
    else kernels.rnnBackward(zu, at(layer.h, u, row + B), dhu, rows);
    if (ended > 0) {
      for (let sum = 0; sum < sums; sum++) kernels.clear(at(z, sum * units + u, row + rows), (ended * ROW) / 4);
    }
  }
  context.lap('gates');
  if (context.splitUnits) synchronize(context);
  if (layer.resetH && rows > 0) {
    resetBackward(context, layer, region, row, rows, dh);
    if (context.splitUnits) synchronize(context);
  }
  const { firstUnit, lastUnit } = region;
  if (t > 0 && rows > 0) {
    for (const part of recurrent) {
      if (part.operand !== 'h') continue;
      const w = layer.hhBackward!;
      kernels.productRows(
        at(dh, firstUnit, row),
        dh.step,
        at(z, part.firstSum * units, row),
        z.step,
        at(w, firstUnit, part.firstGate * units * 16),
        w.step,
        rows,
        lastUnit - firstUnit,
        part.gates * units,
      );
    }
    context.lap('recurrent product');
  }
  inputGradient(context, chunk, layer, region, t, rows);
}

/** The GRU with reset before the matrix: from the candidate's gradient through W_hn to r * h, and on to r and h. */
function resetBackward(
  context: Context,
  layer: LayerLayout,
  region: Region,
  row: number,
  rows: number,
  dh: PanelMatrix,
): void {
  const { kernels, layout } = context;
  const { units, z } = layer;
  const w = layer.hhBackward!;
  const dReset = layout.dState!;
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    const to = at(dReset, u, region.firstRow);
    kernels.clear(to, (rows * ROW) / 4);
    kernels.productRows(
      to,
      dReset.step,
      at(z, 2 * units, row),
      z.step,
      at(w, u, 2 * units * 16),
      w.step,
      rows,
      1,
      units,
    );
    kernels.gruBeforeResetBackward(at(z, u, row), at(layer.h, u, row), to, at(dh, u, row), rows);
  }
  context.lap('recurrent product');
}

/** The gradient of the layer's input at time step t, if anything below wants it. */
function inputGradient(
  context: Context,
  chunk: Chunk,
  layer: LayerLayout,
  region: Region,
  t: number,
  rows: number,
): void {
  const { kernels, layout } = context;
  if (layer.index === 0 && !layer.embedded) return;
  const { units, z, ihBackward: w } = layer;
  const B = layout.options.batchSize;
  const row = t * B + region.firstRow;
  const to = hiddenGradient(context, layer.index - 1);
  const { firstInput, lastInput } = region;
  for (let panel = firstInput; panel < lastInput; panel++) {
    kernels.clear(at(to, panel, row + B), ((region.lastRow - region.firstRow) * ROW) / 4);
  }
  if (rows > 0) {
    kernels.productRows(
      at(to, firstInput, row + B),
      to.step,
      at(z, 0, row),
      z.step,
      at(w!, firstInput, 0),
      w!.step,
      rows,
      lastInput - firstInput,
      layout.form.gates * units,
    );
    const below = layout.layers[layer.index - 1];
    if (below?.dropped) {
      applyDropout(
        context,
        chunk,
        to,
        row + B,
        to,
        row + B,
        below.index,
        row,
        rows,
        firstInput,
        lastInput - firstInput,
      );
    }
  }
  context.lap('input product');
}
