/** The average of the parameters, which lies beside them on the flat block. */

import { offsetBy, PANEL } from '../../kernels/index.ts';
import type { Plan } from '../plan.ts';
import { type Context, ownShare } from '../team/index.ts';

/** average = parameters + rest * (average - parameters), in double precision; each thread has a share. */
export function averageParameters(context: Context, plan: Plan, rest: number): void {
  const { first, count } = shareOfBlock(context, plan);
  const { values, average } = plan.block;
  context.kernels.average(offsetBy(average, first * 4), offsetBy(values, first * 4), count, rest);
  context.threads.barrier();
}

/** Puts the average in the place of the parameters, and these in its place. */
export function exchangeParameters(context: Context, plan: Plan): void {
  const { first, count } = shareOfBlock(context, plan);
  const { values, average } = plan.block;
  context.kernels.exchange(offsetBy(values, first * 4), offsetBy(average, first * 4), count);
  context.threads.barrier();
}

/** This thread's floats of the block, whole cache lines. */
function shareOfBlock(context: Context, { block }: Plan): { first: number; count: number } {
  const [first, last] = ownShare(context, block.size / PANEL);
  return { first: first * PANEL, count: (last - first) * PANEL };
}
