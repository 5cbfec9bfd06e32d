/** Packs the updated weights into the order in which the products read them, once a step, shared by all threads. */

import { embeddingPacking, fillTable, packBias, packing, packNorm } from '../parts/index.ts';
import type { Plan } from '../plan.ts';
import type { Context } from '../team/index.ts';

export function packWeights(context: Context, { network, options }: Plan, training: boolean): void {
  const { threads, lap } = context;
  const { stacks, heads, linears } = network;
  const layers = stacks.flatMap(({ levels }) => levels.flatMap((level) => level.layers));
  const all = [
    ...layers.flatMap(({ hh, ih }) => (hh ? [hh, ih] : [ih])),
    ...heads.flatMap((head) => head.linears),
    ...linears,
  ];
  const work = all.flatMap((linear) => packing(context, linear, training));
  for (const layer of layers) {
    work.push(() => packBias(context, layer, options.model.hidden));
    for (const norm of layer.norms) work.push(() => packNorm(context, norm));
  }
  for (const { tokens } of stacks) work.push(...embeddingPacking(context, tokens));
  threads.share(work.length, (item) => work[item]());
  threads.barrier();
  for (const { tokens, levels } of stacks) {
    for (const layer of levels[0].layers) fillTable(context, tokens, layer);
  }
  threads.barrier();
  lap('pack');
}
