/**
 * Forward through stacks of recurrent layers, time step by time step, for one thread's region.
 *
 * A layer's sums z come from a table of the tokens, or from biases and an input product; the recurrent product adds to them; the
 * pointwise kernels turn them into gate values and the state. Rows that have ended are left out. A layer in reverse does the same
 * from each row's own end.
 */

import type { Address } from '../kernels/index.ts';
import type { Chunk } from './chunk.ts';
import { type Context, regionOf } from './context.ts';
import { at, ROW } from './panels.ts';
import { activeRows, applyDropout, type LayerPass, levelInput, ownRows, passOf, synchronize } from './pass.ts';
import type { LayerLayout, LevelLayout, RecurrentPart, StackLayout } from './stack-layout.ts';

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
        { base: at(to, 0, row), step: to.step },
        stack.embedding!.value,
        stack.embedding!.shape[1],
        (layout.sequences[stack.sequence].inputs + row * 4) as Address,
        activeRows(active, t, region),
      );
      if (chunk.training && stack.embeddingStream) {
        applyDropout(context, chunk, stack.embeddingStream, to, to, row, activeRows(active, t, region));
      }
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
        kernels.lstmForward({ base: zu, step: gateStep }, at(c!, u, before), at(c!, u, after), next, rows);
        break;
      case 'gru before':
        kernels.gruBeforeGates({ base: zu, step: gateStep }, previous, at(layer.resetH!, u, row), rows);
        break;
      case 'gru after':
        kernels.gruAfterForward({ base: zu, step: gateStep }, previous, next, rows);
        break;
      case 'gru simple':
        kernels.gruSimpleForward({ base: zu, step: gateStep }, previous, next, rows);
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
    kernels.gruBeforeForward({ base: at(z, u, zRow), step: gateStep }, at(h, u, before), at(h, u, after), rows);
    context.lap('gates');
  }
}

/** The output of a level whose directions are summed, when both have done time step t. */
function addDirections(context: Context, { region }: LayerPass, level: LevelLayout, t: number, rows: number) {
  const { kernels, layout } = context;
  const B = layout.options.batchSize;
  const row = t * B + region.firstRow;
  const { output } = level;
  const [forward, reverse] = level.layers;
  for (let u = region.firstUnit; u < region.lastUnit; u++) {
    kernels.copyPanels(
      { base: at(output, u, row), step: output.step },
      { base: at(forward.h, u, row + B), step: forward.h.step },
      rows,
      1,
    );
    kernels.addPanels(
      { base: at(output, u, row), step: output.step },
      { base: at(reverse.h, u, row), step: reverse.h.step },
      rows,
      1,
    );
  }
}

/** Dropout of the level below's output, for the rows and panels that this thread may write. */
function dropBelow(context: Context, { chunk, stack, layer, region }: LayerPass, t: number, rows: number): void {
  const below = stack.levels[layer.level - 1];
  if (!chunk.training || !below?.dropped || rows === 0) return;
  const row = t * context.layout.options.batchSize + region.firstRow;
  const { firstInput, lastInput } = region;
  applyDropout(context, chunk, below.dropoutStream, below.dropped, below.output, row, rows, firstInput, lastInput);
  if (context.splitUnits) synchronize(context);
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
    kernels.gatherRows(
      { base: to, step: step },
      { base: at(table, u, 0), step: units * table.step },
      tokens as Address,
      rows,
      gates,
    );
    if (sums > gates) {
      kernels.fillRows(
        { base: (to + gates * step) as Address, step: step },
        (layer.bias + (u * sums + gates) * ROW) as Address,
        rows,
        sums - gates,
      );
    }
    return;
  }
  const x = levelInput(stack, layer.level, chunk.training);
  const w = ih.forward;
  kernels.fillRows({ base: to, step: step }, (layer.bias + u * sums * ROW) as Address, rows, sums);
  kernels.productRows(
    { base: to, step: step },
    { base: at(x, 0, row), step: x.step },
    { base: at(w, u, 0), step: units * w.step },
    rows,
    gates,
    layer.inputPanels,
  );
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
    { base: at(z, part.firstSum * units + u, zRow), step: units * z.step },
    { base: operand as Address, step: operandStep },
    { base: at(w, part.firstGate * units + u, 0), step: units * w.step },
    rows,
    part.gates,
    units,
  );
}
