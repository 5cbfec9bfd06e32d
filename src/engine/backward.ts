/**
 * Backward through stacks of recurrent layers, from a level's gradient of its output to those of its sums and of its
 * input. The pointwise kernels turn gate values into the gradients of the sums, in place, and two products carry them
 * on to the state before and to the level below. Gradients of ended rows' sums are 0.
 */

import type { Address } from '../kernels/index.ts';
import type { Chunk } from './chunk.ts';
import type { Context } from './context.ts';
import { at, ROW } from './panels.ts';
import { activeRows, applyDropout, type LayerPass, ownRows, passOf, synchronize } from './pass.ts';
import type { LevelLayout, StackLayout } from './stack-layout.ts';

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
        { base: at(reverse.dh!, u, row), step: reverse.dh!.step },
        { base: at(level.dOutput!, u, row), step: forward.dh!.step },
        rows,
        1,
      );
    }
  }
}

/**
 * Before a layer's backward pass: no gradient comes from behind the chunk, but for that of the final states where
 * another stack has part in it; and none is kept for the state before it.
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
      kernels.copyPanels(
        { base: at(dState, u, region.firstRow), step: dState.step },
        { base: at(dFinal.c, u, region.firstRow), step: 0 },
        rows,
        1,
      );
    } else kernels.clear(at(dState, u, region.firstRow), (rows * ROW) / 4);
    if (!dFinal) continue;
    for (let row = region.firstRow; row < region.lastRow; row++) {
      const last = layer.reverse ? 0 : i32[lengths + row];
      kernels.addPanels(
        { base: at(dh!, u, last * B + row), step: dh!.step },
        { base: at(dFinal.h, u, row), step: 0 },
        1,
        1,
      );
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
    kernels.copyPanels({ base: at(dInitial!.h, u, row), step: 0 }, { base: at(dh!, u, row), step: 0 }, rows, 1);
    if (dInitial!.c)
      kernels.copyPanels(
        { base: at(dInitial!.c, u, row), step: 0 },
        { base: at(layout.dState!, u, row), step: 0 },
        rows,
        1,
      );
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
        kernels.lstmBackward({ base: zu, step: gateStep }, at(c!, u, before), at(c!, u, after), dhu, dState, rows);
        break;
      }
      case 'gru before':
        kernels.gruBeforeBackward({ base: zu, step: gateStep }, previous, dhu, dhPrevious, rows);
        break;
      case 'gru after':
        kernels.gruAfterBackward({ base: zu, step: gateStep }, previous, dhu, dhPrevious, rows);
        break;
      case 'gru simple':
        kernels.gruBeforeBackward(
          { base: (zu - gateStep) as Address, step: gateStep },
          previous,
          dhu,
          dhPrevious,
          rows,
        );
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
        { base: at(dh, firstUnit, before), step: dh.step },
        { base: at(z, part.firstSum * units, row), step: z.step },
        { base: at(w, firstUnit, part.firstGate * units * 16), step: w.step },
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
      { base: to, step: dReset.step },
      { base: at(z, 2 * units, row), step: z.step },
      { base: at(w, u, 2 * units * 16), step: w.step },
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
      { base: at(to, firstInput, row), step: to.step },
      { base: at(z, 0, row), step: z.step },
      { base: at(w, firstInput, 0), step: w.step },
      rows,
      lastInput - firstInput,
      layout.form.gates * units,
    );
    const stream = below?.dropped ? below.dropoutStream : below ? undefined : stack.embeddingStream;
    if (stream && layer === layers[layers.length - 1]) {
      applyDropout(context, chunk, stream, to, to, row, rows, firstInput, lastInput);
    }
  }
  context.lap('input product');
}
