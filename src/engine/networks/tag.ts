/** A tagger: a stack of layers, in both directions of time by default, tells a tag for each token. */

import { planSequence } from '../memory/index.ts';
import { backwardStack, forwardStack, planSoftmax, planSoftmaxHead } from '../parts/index.ts';
import { synchronize } from '../team/index.ts';
import type { NetworkKind } from './network.ts';
import { droppedFeatures, labelParameters, layOutStack, nothingElse, onlyStack } from './stacks.ts';

export const tag: NetworkKind = {
  carriesState: false,
  dropsEverywhere: true,
  readsExamples: true,
  stacks: (model) => [onlyStack(model)],
  parameters: labelParameters,
  plan(planner) {
    const { sequenceLength, batchSize } = planner;
    const sequence = planSequence(planner, 0, sequenceLength);
    const stack = layOutStack(planner, onlyStack(planner.model), 0, sequence, true);
    const { output, dOutput, columns } = stack.top;
    const features = droppedFeatures(planner, output, dOutput, sequenceLength * batchSize);
    const weight = planner.parameter('output.weight');
    const softmax = planSoftmax(planner, weight, planner.parameter('output.bias'), columns);
    return {
      ...nothingElse,
      sequences: [sequence],
      stacks: [stack],
      heads: [planSoftmaxHead(planner, softmax, features)],
      forward(context, chunk) {
        forwardStack(context, chunk, stack);
        synchronize(context, 'gates');
      },
      backward: (context, chunk) => backwardStack(context, chunk, stack),
    };
  },
};
