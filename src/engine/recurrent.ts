/**
 * Forward and backward through stacks of recurrent layers, time step by time step, for one thread's region.
 *
 * A layer's sums z come from a table of the tokens, or from biases and an input product; the recurrent product adds to them; the
 * pointwise kernels turn them into gate values and the state. Backward, the pointwise kernels turn the gate values into the gradients
 * of the sums, in place, and two products carry them on to the state before and to the level below. Rows that have ended are left
 * out of every product, and the gradients of their sums are 0. A layer in reverse does the same from each row's own end.
 */

import type { Chunk, Span } from './chunk.ts';
import { type Context, type Region, regionOf } from './context.ts';
import { at, type PanelMatrix, ROW } from './panels.ts';
import type { LayerLayout, LevelLayout, RecurrentPart, StackLayout } from './stackLayout.ts';

export function forwardStack(context: Context, chunk: Chunk, stack: StackLayout): void {
  const { steps, active } = chunk.spans[stack.sequence];
  if (stack.embedded) embed(context, chunk, stack);
  for (const level of stack.levels) {
    for (const layer of level.layers) {
      const pass = passOf(context, chunk, stack, layer);
      if (layer.reverse) clearEnded(context, pass);
      const last = level.layers[level.layers.length - 1];
      for (let i = 0; i < steps; i++) {
        const t = layer.reverse ? steps - 1 - i : i;
        const rows = activeRows(active, t, pass.region);
        if (layer === level.layers[0]) dropBelow(context, pass, t, rows);
        if (rows > 0) forwardStep(context, pass, t, rows);
        if (context.splitUnits) synchronize(context);
        if (level.summed && layer === last) addDirections(context, pass, level, t, rows);
      }
      if (context.splitUnits && level.summed) synchronize(context);
    }
  }
}

export function backwardLevel(context: Context, chunk: Chunk, stack: StackLayout, level: LevelLayout): void {
  const { steps } = chunk.spans[stack.sequence];
  if (level.summed) copyGradient(context, chunk, stack, level);
  for (const layer of level.layers) {
    const pass = passOf(context, chunk, stack, layer);
    startStateGradient(context, pass);
    for (let i = 0; i < steps; i++) backwardStep(context, pass, layer.reverse ? i : steps - 1 - i);
    if (layer.dInitial) keepInitialGradient(context, pass);
    synchronize(context);
  }
}

/** The input of a level above the first, or the embedded tokens; row 0 is the first row of time step 0. */
export function levelInput(stack: StackLayout, level: number, training: boolean): PanelMatrix {
  if (level === 0) return stack.embedded!;
  const below = stack.levels[level - 1];
  return training && below.dropped ? below.dropped : below.output;
}

/** One thread's way through a layer. */
export interface LayerPass {
  chunk: Chunk;
  span: Span;
  stack: StackLayout;
  layer: LayerLayout;
  region: Region;
}

export function passOf(context: Context, chunk: Chunk, stack: StackLayout, layer: LayerLayout): LayerPass {
  const region = regionOf(context, layer.units, layer.inputPanels);
  return { chunk, span: chunk.spans[stack.sequence], stack, layer, region };
}

/** How many of a region's rows still go on at time step t; they are its first ones. */
function activeRows(active: readonly number[], t: number, region: Region): number {
  return Math.max(0, Math.min(active[t] ?? 0, region.lastRow) - region.firstRow);
}

/** Own rows (see stackLayout.ts) of the states before and after time step t, for a region. */
function ownRows({ layer, region }: LayerPass, t: number, B: number): { before: number; after: number } {
  const row = t * B + region.firstRow;
  return layer.reverse ? { before: row + B, after: row } : { before: row, after: row + B };
}

function synchronize(context: Context): void {
  context.lap('gates');
  context.threads.barrier();
  context.lap('barrier');
}

function embed(context: Context, chunk: Chunk, stack: StackLayout): void {
  const { kernels, layout, threads } = context;
  const B = layout.options.batchSize;
  const { steps, active } = chunk.spans[stack.sequence];
  const region = regionOf(context, 0, 0);
  const to = stack.embedded!;
  // With units split every thread needs all rows; the first one fetches them.
  if (!context.splitUnits || threads.rank === 0) {
    for (let t = 0; t < steps; t++) {
      const row = t * B + region.firstRow;
      kernels.gatherEmbedding(
        at(to, 0, row),
        to.step,
        stack.embedding!.value,
        stack.embedding!.shape[1],
        layout.sequences[stack.sequence].inputs + row * 4,
        activeRows(active, t, region),
      );
    }
  }
  if (context.splitUnits) synchronize(context);
}

/** In reverse, rows start from zero wherever they end. */
function clearEnded(context: Context, { span, layer, region }: LayerPass): void {
  const { kernels, layout } = context;
  const B = layout.options.batchSize;
  for (let t = 0; t <= span.steps; t++) {
    const rows = activeRows(span.active, t, region);
    const ended = region.lastRow - region.firstRow - rows;
    if (ended === 0) continue;
    for (const state of layer.c ? [layer.h, layer.c] : [layer.h]) {
      for (let u = region.firstUnit; u < region.lastUnit; u++) {
        kernels.clear(at(state, u, t * B + region.firstRow + rows), (ended * ROW) / 4);
      }
    }
  }
  if (context.splitUnits) synchronize(context);
}

function forwardStep(context: Context, pass: LayerPass, t: number, rows: number): void {
  const { kernels, layout } = context;
  const { layer, region, chunk } = pass;
  const { units, z, h, c } = layer;
  const { kind, recurrent } = layout.form;
  const B = layout.options.batchSize;
  const row = t * B + region.firstRow;
  const { before, after } = ownRows(pass, t, B);
  const zRow = chunk.training ? row : region.firstRow;
  const gateStep = units * z.step;
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    inputSums(context, pass, u, row, zRow, rows);
    context.lap('input product');
    for (const part of recurrent) {
      if (part.operand === 'h') recurrentProduct(context, layer, part, at(h, 0, before), h.step, u, zRow, rows);
    }
    context.lap('recurrent product');
    const zu = at(z, u, zRow);
    const previous = at(h, u, before);
    const next = at(h, u, after);
    switch (kind) {
      case 'lstm':
        kernels.lstmForward(zu, gateStep, at(c!, u, before), at(c!, u, after), next, rows);
        break;
      case 'gru before':
        kernels.gruBeforeGates(zu, gateStep, previous, at(layer.resetH!, u, row), rows);
        break;
      case 'gru after':
        kernels.gruAfterForward(zu, gateStep, previous, next, rows);
        break;
      case 'gru simple':
        kernels.gruSimpleForward(zu, gateStep, previous, next, rows);
        break;
      case 'rnn':
        kernels.rnnForward(zu, next, rows);
    }
    context.lap('gates');
  }
  if (!layer.resetH) return;
  // The candidate's product needs r * h of all units.
  if (context.splitUnits) synchronize(context);
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    for (const part of recurrent) {
      if (part.operand === 'resetH') {
        recurrentProduct(context, layer, part, at(layer.resetH, 0, row), layer.resetH.step, u, zRow, rows);
      }
    }
    context.lap('recurrent product');
    kernels.gruBeforeForward(at(z, u, zRow), gateStep, at(h, u, before), at(h, u, after), rows);
    context.lap('gates');
  }
}

/** The output of a level whose directions are summed, when both have done time step t. */
function addDirections(context: Context, { layer, region }: LayerPass, level: LevelLayout, t: number, rows: number) {
  const { kernels, layout } = context;
  const B = layout.options.batchSize;
  const row = t * B + region.firstRow;
  const { output } = level;
  const [forward, reverse] = level.layers;
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    kernels.copyPanels(at(output, u, row), output.step, at(forward.h, u, row + B), forward.h.step, rows, 1);
    kernels.addPanels(at(output, u, row), output.step, at(reverse.h, u, row), layer.h.step, rows, 1);
  }
}

/** Dropout of the level below's output, for the rows and panels that this thread may write. */
function dropBelow(context: Context, { chunk, stack, layer, region }: LayerPass, t: number, rows: number): void {
  const below = stack.levels[layer.level - 1];
  if (!chunk.training || !below?.dropped || rows === 0) return;
  const row = t * context.layout.options.batchSize + region.firstRow;
  applyDropout(context, chunk, below, below.dropped, below.output, row, rows, region);
  if (context.splitUnits) synchronize(context);
}

function applyDropout(
  context: Context,
  chunk: Chunk,
  level: LevelLayout,
  to: PanelMatrix,
  from: PanelMatrix,
  row: number,
  rows: number,
  { firstInput, lastInput }: Region,
): void {
  const { dropout, seed } = context.layout.options.training!;
  // Philox's last counter word is 0 for the streams of random.ts and another here, so that no words are used twice.
  context.kernels.dropout(
    at(to, 0, row),
    to.step,
    at(from, 0, row),
    from.step,
    rows,
    firstInput,
    lastInput - firstInput,
    Math.floor(dropout * 0x100000000),
    1 / (1 - dropout),
    seed,
    Math.floor(seed / 0x100000000),
    chunk.update,
    level.dropoutStream,
    row,
  );
}

/** z of one panel of units, before the recurrent product. */
function inputSums(context: Context, pass: LayerPass, u: number, row: number, zRow: number, rows: number): void {
  const { kernels, layout } = context;
  const { chunk, stack, layer } = pass;
  const { gates, sums } = layout.form;
  const { units, z, ih } = layer;
  const to = at(z, u, zRow);
  const step = units * z.step;
  if (layer.level === 0 && !stack.embedded) {
    const table = layer.table ?? ih.forward;
    const tokens = layout.sequences[stack.sequence].inputs + row * 4;
    kernels.gatherRows(to, step, at(table, u, 0), units * table.step, tokens, rows, gates);
    if (sums > gates) {
      kernels.fillRows(to + gates * step, step, layer.bias + (u * sums + gates) * ROW, rows, sums - gates);
    }
    return;
  }
  const x = levelInput(stack, layer.level, chunk.training);
  const w = ih.forward;
  kernels.fillRows(to, step, layer.bias + u * sums * ROW, rows, sums);
  kernels.productRows(to, step, at(x, 0, row), x.step, at(w, u, 0), units * w.step, rows, gates, layer.inputPanels);
}

function recurrentProduct(
  context: Context,
  { units, z, hh }: LayerLayout,
  part: RecurrentPart,
  operand: number,
  operandStep: number,
  u: number,
  zRow: number,
  rows: number,
): void {
  const w = hh.forward;
  context.kernels.productRows(
    at(z, part.firstSum * units + u, zRow),
    units * z.step,
    operand,
    operandStep,
    at(w, part.firstGate * units + u, 0),
    units * w.step,
    rows,
    part.gates,
    units,
  );
}

/** Both directions of a summed level get the gradient of the sum. */
function copyGradient(context: Context, chunk: Chunk, stack: StackLayout, level: LevelLayout): void {
  const { kernels, layout } = context;
  const B = layout.options.batchSize;
  const [forward, reverse] = level.layers;
  const { region, span } = passOf(context, chunk, stack, forward);
  for (let t = 0; t < span.steps; t++) {
    const row = t * B + region.firstRow;
    const rows = activeRows(span.active, t, region);
    for (let u = region.firstUnit; u < region.lastUnit; u++) {
      kernels.copyPanels(
        at(reverse.dh!, u, row),
        reverse.dh!.step,
        at(level.dOutput!, u, row),
        forward.dh!.step,
        rows,
        1,
      );
    }
  }
}

/**
 * Before a layer's backward pass: no gradient comes from behind the chunk, but for that of the final states where another stack has
 * part in it; and none is kept for the state before it.
 */
export function startStateGradient(context: Context, pass: LayerPass): void {
  const { kernels, layout, i32 } = context;
  const { layer, region, stack } = pass;
  const { dh, dFinal } = layer;
  const B = layout.options.batchSize;
  const rows = region.lastRow - region.firstRow;
  const dState = layout.dState!;
  const lengths = layout.sequences[stack.sequence].lengths / 4;
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    if (!layer.reverse) kernels.clear(at(dh!, u, region.firstRow), (rows * ROW) / 4);
    if (dFinal?.c) {
      kernels.copyPanels(at(dState, u, region.firstRow), dState.step, at(dFinal.c, u, region.firstRow), 0, rows, 1);
    } else kernels.clear(at(dState, u, region.firstRow), (rows * ROW) / 4);
    if (!dFinal) continue;
    for (let row = region.firstRow; row < region.lastRow; row++) {
      const last = layer.reverse ? 0 : i32[lengths + row];
      kernels.addPanels(at(dh!, u, last * B + row), dh!.step, at(dFinal.h, u, row), 0, 1, 1);
    }
  }
}

/** A decoder's gradient of the states before its sequence, before the level below takes the buffers. */
function keepInitialGradient(context: Context, { layer, region }: LayerPass): void {
  const { kernels, layout } = context;
  const { dh, dInitial } = layer;
  const row = region.firstRow;
  const rows = region.lastRow - row;
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    kernels.copyPanels(at(dInitial!.h, u, row), 0, at(dh!, u, row), 0, rows, 1);
    if (dInitial!.c) kernels.copyPanels(at(dInitial!.c, u, row), 0, at(layout.dState!, u, row), 0, rows, 1);
  }
}

export function backwardStep(context: Context, pass: LayerPass, t: number): void {
  const { kernels, layout } = context;
  const { layer, region, span } = pass;
  const { units, z, h, c } = layer;
  const { kind, sums, recurrent } = layout.form;
  const B = layout.options.batchSize;
  const rows = activeRows(span.active, t, region);
  const row = t * B + region.firstRow;
  const { before, after } = ownRows(pass, t, B);
  const dh = layer.dh!;
  const gateStep = units * z.step;
  const ended = region.lastRow - region.firstRow - rows;
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    const zu = at(z, u, row);
    const previous = at(h, u, before);
    const dhu = at(dh, u, after);
    const dhPrevious = at(dh, u, before);
    switch (kind) {
      case 'lstm': {
        const dState = at(layout.dState!, u, region.firstRow);
        kernels.lstmBackward(zu, gateStep, at(c!, u, before), at(c!, u, after), dhu, dState, rows);
        break;
      }
      case 'gru before':
        kernels.gruBeforeBackward(zu, gateStep, previous, dhu, dhPrevious, rows);
        break;
      case 'gru after':
        kernels.gruAfterBackward(zu, gateStep, previous, dhu, dhPrevious, rows);
        break;
      case 'gru simple':
        kernels.gruBeforeBackward(zu - gateStep, gateStep, previous, dhu, dhPrevious, rows);
        break;
      case 'rnn':
        kernels.rnnBackward(zu, at(h, u, after), dhu, rows);
    }
    if (ended > 0) {
      for (let sum = 0; sum < sums; sum++) kernels.clear(at(z, sum * units + u, row + rows), (ended * ROW) / 4);
    }
  }
  context.lap('gates');
  if (context.splitUnits) synchronize(context);
  if (layer.resetH && rows > 0) {
    resetBackward(context, pass, row, before, rows);
    if (context.splitUnits) synchronize(context);
  }
  // Rows that have a state before this time step which a gradient is wanted of.
  const wanted = layer.reverse ? activeRows(span.active, t + 1, region) : t > 0 || layer.dInitial ? rows : 0;
  const { firstUnit, lastUnit } = region;
  if (wanted > 0) {
    for (const part of recurrent) {
      if (part.operand !== 'h') continue;
      const w = layer.hh.backward!;
      kernels.productRows(
        at(dh, firstUnit, before),
        dh.step,
        at(z, part.firstSum * units, row),
        z.step,
        at(w, firstUnit, part.firstGate * units * 16),
        w.step,
        wanted,
        lastUnit - firstUnit,
        part.gates * units,
      );
    }
    context.lap('recurrent product');
  }
  inputGradient(context, pass, t, rows);
}

/** The GRU with reset before the matrix: from the candidate's gradient through W_hn to r * h, and on to r and h. */
function resetBackward(
  context: Context,
  { layer, region }: LayerPass,
  row: number,
  before: number,
  rows: number,
): void {
  const { kernels, layout } = context;
  const { units, z, h, dh, hh } = layer;
  const w = hh.backward!;
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
    kernels.gruBeforeResetBackward(at(z, u, row), at(h, u, before), to, at(dh!, u, before), rows);
  }
  context.lap('recurrent product');
}

/** The gradient of the layer's input at time step t, if anything below wants it; of both directions' in turn. */
function inputGradient(context: Context, pass: LayerPass, t: number, rows: number): void {
  const { kernels, layout } = context;
  const { chunk, stack, layer, region } = pass;
  const below = stack.levels[layer.level - 1];
  const to = below ? below.dOutput! : stack.dEmbedded;
  if (!to) return;
  const { units, z, ih } = layer;
  const { layers } = stack.levels[layer.level];
  const row = t * layout.options.batchSize + region.firstRow;
  const { firstInput, lastInput } = region;
  if (layer === layers[0]) {
    for (let panel = firstInput; panel < lastInput; panel++) {
      kernels.clear(at(to, panel, row), ((region.lastRow - region.firstRow) * ROW) / 4);
    }
  }
  if (rows > 0) {
    const w = ih.backward!;
    kernels.productRows(
      at(to, firstInput, row),
      to.step,
      at(z, 0, row),
      z.step,
      at(w, firstInput, 0),
      w.step,
      rows,
      lastInput - firstInput,
      layout.form.gates * units,
    );
    if (below?.dropped && layer === layers[layers.length - 1]) {
      applyDropout(context, chunk, below, to, to, row, rows, region);
    }
  }
  context.lap('input product');
}
