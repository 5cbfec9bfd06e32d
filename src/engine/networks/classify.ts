/** A classifier: a stack of layers reads a text, a pool of its top level tells the label. */

import { planSequence } from '../memory/index.ts';
import { backwardStack, forwardStack, planPool, planSoftmax, planSoftmaxHead, stackColumns } from '../parts/index.ts';
import { synchronize } from '../team/index.ts';
import type { NetworkKind } from './network.ts';
import { droppedFeatures, labelParameters, layOutStack, nothingElse, onlyStack } from './stacks.ts';

export const classify: NetworkKind = {
  carriesState: false,
  dropsEverywhere: true,
  readsExamples: true,
  stacks: (model) => [onlyStack(model)],
  parameters: labelParameters,
  plan(planner) {
    const { model, sequenceLength, batchSize } = planner;
    const shape = onlyStack(model);
    const sequence = planSequence(planner, 0, sequenceLength);
    const stack = layOutStack(planner, shape, 0, sequence, true, model.pool === 'last' ? { linkedFinal: 'top h' } : {});
    const columns = stackColumns(model, shape);
    const pool = planPool(planner, columns);
    const features = droppedFeatures(planner, pool.pooled, pool.dPooled, batchSize);
    const weight = planner.parameter('output.weight');
    const softmax = planSoftmax(planner, weight, planner.parameter('output.bias'), columns);
    return {
      ...nothingElse,
      sequences: [sequence],
      stacks: [stack],
      heads: [planSoftmaxHead(planner, softmax, features, { guesses: true })],
      onePerSequence: true,
      forward(context, chunk) {
        forwardStack(context, chunk, stack);
        synchronize(context, 'gates');
        pool.forward(context, chunk, stack);
        context.threads.barrier();
      },
      backward(context, chunk) {
        pool.backward(context, chunk, stack);
        context.threads.barrier();
        backwardStack(context, chunk, stack);
      },
    };
  },
};
