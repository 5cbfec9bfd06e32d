/** Packs the updated weights into the order in which the products read them, once a step, shared by all threads. */

import { type Context, shareOf } from './context.ts';
import type { LayerLayout, Parameter, SoftmaxLayout } from './layout.ts';
import { PADDED_LOGIT } from './layout.ts';
import { at, PANEL, type PanelMatrix, ROW } from './panels.ts';

/** Rows of the output weight that one work item packs. */
const OUTPUT_ROWS = 512;

export function packWeights(context: Context, training: boolean): void {
  const { layout, threads } = context;
  const { layers, form } = layout;
  const { hidden: H } = layout.options.model;
  const work: (() => void)[] = [];
  for (const layer of layers) {
    for (let gate = 0; gate < form.gates; gate++) {
      work.push(() => packGate(context, layer, gate, layer.weightHh, H, layer.hhForward, training && layer.hhBackward));
      work.push(() =>
        packGate(context, layer, gate, layer.weightIh, layer.input, layer.ihForward, training && layer.ihBackward),
      );
    }
    work.push(() => combineBiases(context, layer));
  }
  for (const softmax of [layout.output, ...layout.tails.map((tail) => tail.softmax)]) {
    for (let row = 0; row < softmax.classes; row += OUTPUT_ROWS) {
      work.push(() => packSoftmax(context, softmax, row, training));
    }
  }
  for (const { projection, projectionForward, projectionBackward } of layout.tails) {
    const [width] = projection.shape;
    work.push(() => packMatrix(context, projection.value, width, H, projectionForward, training && projectionBackward));
  }
  if (layout.embeddingPanels) work.push(() => packEmbedding(context, layout.embeddingPanels!));
  threads.share(work.length, (item) => work[item]());
  threads.barrier();
  fillTable(context, layers[0]);
  threads.barrier();
  context.lap('pack');
}

function packGate(
  context: Context,
  layer: LayerLayout,
  gate: number,
  weight: Parameter,
  columns: number,
  forward: PanelMatrix,
  backward: PanelMatrix | false | undefined,
): void {
  const H = context.layout.options.model.hidden;
  packMatrix(context, weight.value + gate * H * columns * 4, H, columns, forward, backward, gate * layer.units);
}

/** The biases by (units, sums, 16): both of a gate in one sum, or the recurrent one apart where it has a sum of its own. */
function combineBiases(context: Context, layer: LayerLayout): void {
  const { f32, layout } = context;
  const { sums, gates, recurrent } = layout.form;
  const H = layout.options.model.hidden;
  const biasIh = layer.biasIh.value / 4;
  const biasHh = layer.biasHh.value / 4;
  const sumIndex = (unit: number, sum: number): number =>
    layer.bias / 4 + (Math.floor(unit / PANEL) * sums + sum) * PANEL + (unit % PANEL);
  for (let unit = 0; unit < H; unit++) {
    for (let sum = 0; sum < sums; sum++) {
      f32[sumIndex(unit, sum)] = sum < gates ? f32[biasIh + sum * H + unit] : 0;
    }
    for (const part of recurrent) {
      for (let gate = 0; gate < part.gates; gate++) {
        f32[sumIndex(unit, part.firstSum + gate)] += f32[biasHh + (part.firstGate + gate) * H + unit];
      }
    }
  }
}

/** A row-major matrix (rows x columns), transposed for forward products and as it is for backward ones. */
function packMatrix(
  { kernels }: Context,
  from: number,
  rows: number,
  columns: number,
  forward: PanelMatrix,
  backward: PanelMatrix | false | undefined,
  firstPanel = 0,
): void {
  kernels.packTransposed(at(forward, firstPanel, 0), forward.step, from, columns, rows, columns);
  if (backward) kernels.packRows(at(backward, 0, firstPanel * PANEL), backward.step, from, columns, rows, columns);
}

function packSoftmax(context: Context, softmax: SoftmaxLayout, row: number, training: boolean): void {
  const { f32 } = context;
  const { classes, width, weight, bias, forward, backward } = softmax;
  const rows = Math.min(OUTPUT_ROWS, classes - row);
  packMatrix(context, weight.value + row * width * 4, rows, width, forward, training && backward, row / PANEL);
  const padded = softmax.biasPadded / 4;
  if (bias) {
    const from = bias.value / 4 + row;
    f32.copyWithin(padded + row, from, from + rows);
  }
  if (row + rows === classes) f32.fill(PADDED_LOGIT, padded + classes, padded + forward.panels * PANEL);
}

function packEmbedding(context: Context, to: PanelMatrix): void {
  const { kernels, layout } = context;
  const { vocabulary: V, embedding: E } = layout.options.model;
  kernels.packRows(to.base, to.step, layout.embedding!.value, E, V, E);
}

/** The first layer's input sums by token: the embedding times W_ih, or for one-hot input W_ih's columns themselves, with the biases. */
function fillTable(context: Context, layer: LayerLayout): void {
  const { kernels, layout, threads } = context;
  const { gates, sums } = layout.form;
  const V = layout.options.model.vocabulary;
  const { table, ihForward } = layer;
  if (layer.embedded) return;
  const [first, last] = shareOf(gates * layer.units, threads.rank, threads.count);
  for (let panel = first; panel < last; panel++) {
    const unit = panel % layer.units;
    const bias = layer.bias + (unit * sums + Math.floor(panel / layer.units)) * ROW;
    if (!table) {
      kernels.addToRows(at(ihForward, panel, 0), ihForward.step, bias, V, 1);
      continue;
    }
    const embedding = layout.embeddingPanels!;
    kernels.fillRows(at(table, panel, 0), table.step, bias, V, 1);
    kernels.productRows(
      at(table, panel, 0),
      table.step,
      embedding.base,
      embedding.step,
      at(ihForward, panel, 0),
      ihForward.step,
      V,
      1,
      layer.inputPanels,
    );
  }
}
