/** A tagger: a stack of layers, in both directions of time by default, tells a tag for each token, or a CRF all of them. */

import { planSequence } from '../memory/index.ts';
import {
  backwardStack,
  crfParameters,
  forwardStack,
  planCrfHead,
  planSoftmax,
  planSoftmaxHead,
} from '../parts/index.ts';
import { synchronize } from '../team/index.ts';
import type { NetworkKind } from './network.ts';
import { droppedFeatures, labelParameters, layOutStack, nothingElse, onlyStack } from './stacks.ts';

export const tag: NetworkKind = {
  carriesState: false,
  dropsEverywhere: true,
  readsExamples: true,
  stacks: (model) => [onlyStack(model)],
  parameters: (model) => [...labelParameters(model), ...(model.output === 'crf' ? crfParameters(model.classes) : [])],
  plan(planner) {
    const { model, sequenceLength, batchSize } = planner;
    const sequence = planSequence(planner, 0, sequenceLength);
    const stack = layOutStack(planner, onlyStack(model), 0, sequence, true);
    const { output, dOutput, columns } = stack.top;
    const features = droppedFeatures(planner, output, dOutput, sequenceLength * batchSize);
    const weight = planner.parameter('output.weight');
    const softmax = planSoftmax(planner, weight, planner.parameter('output.bias'), columns);
    return {
      ...nothingElse,
      sequences: [sequence],
      stacks: [stack],
      heads: [
        model.output === 'crf'
          ? planCrfHead(planner, softmax, features, sequence)
          : planSoftmaxHead(planner, softmax, features, { guesses: true }),
      ],
      forward(context, chunk) {
        forwardStack(context, chunk, stack);
        synchronize(context, 'gates');
      },
      backward: (context, chunk) => backwardStack(context, chunk, stack),
    };
  },
};
