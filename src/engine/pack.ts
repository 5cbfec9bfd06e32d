/** Packs the updated weights into the order in which the products read them, once a step, shared by all threads. */

import type { Address } from '../kernels/index.ts';
import { type Context, shareOf } from './context.ts';
import { packing } from './linear.ts';
import { at, PANEL, ROW } from './panels.ts';
import type { LayerLayout, StackLayout } from './stack-layout.ts';

export function packWeights(context: Context, training: boolean): void {
  const { layout, threads } = context;
  const { stacks, output, tails, past, bridges, attention } = layout;
  const layers = stacks.flatMap(({ levels }) => levels.flatMap((level) => level.layers));
  const linears = [
    ...layers.flatMap(({ hh, ih }) => [hh, ih]),
    output,
    ...tails.flatMap(({ softmax, projection }) => [softmax, projection]),
    past?.output,
    ...bridges.map(({ linear }) => linear),
    attention?.score,
    attention?.combine,
  ];
  const work = linears.flatMap((linear) => (linear ? packing(context, linear, training) : []));
  for (const layer of layers) work.push(() => combineBiases(context, layer));
  for (const stack of stacks) if (stack.embeddingPanels) work.push(() => packEmbedding(context, stack));
  threads.share(work.length, (item) => work[item]());
  threads.barrier();
  for (const stack of stacks) {
    if (stack.embedded) continue;
    for (const layer of stack.levels[0].layers) fillTable(context, stack, layer);
  }
  threads.barrier();
  context.lap('pack');
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

function packEmbedding({ kernels }: Context, { embedding, embeddingPanels: to }: StackLayout): void {
  const [V, E] = embedding!.shape;
  kernels.packRows(to!, embedding!.value, E, V, E);
}

/**
 * The first layer's input sums by token: the embedding times W_ih, or for one-hot input W_ih's columns themselves, with
 * the biases.
 */
function fillTable(context: Context, stack: StackLayout, layer: LayerLayout): void {
  const { kernels, layout, threads } = context;
  const { gates, sums } = layout.form;
  const V = stack.shape.vocabulary;
  const { table, ih } = layer;
  const [first, last] = shareOf(gates * layer.units, threads.rank, threads.count);
  for (let panel = first; panel < last; panel++) {
    const unit = panel % layer.units;
    const bias = layer.bias + (unit * sums + Math.floor(panel / layer.units)) * ROW;
    if (!table) {
      kernels.addToRows({ base: at(ih.forward, panel, 0), step: ih.forward.step }, bias as Address, V, 1);
      continue;
    }
    const embedding = stack.embeddingPanels!;
    kernels.fillRows({ base: at(table, panel, 0), step: table.step }, bias as Address, V, 1);
    kernels.productRows(
      { base: at(table, panel, 0), step: table.step },
      embedding,
      { base: at(ih.forward, panel, 0), step: ih.forward.step },
      V,
      1,
      layer.inputPanels,
    );
  }
}
