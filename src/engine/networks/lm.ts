/** A language model: a stack of layers tells the next token; its state goes on from chunk to chunk. */

import { planSequence } from '../memory/index.ts';
import {
  adaptiveParameters,
  backwardStack,
  forwardStack,
  planAdaptiveHead,
  planSoftmax,
  planSoftmaxHead,
  softmaxParameters,
} from '../parts/index.ts';
import { synchronize } from '../team/index.ts';
import { carriedStates, type NetworkKind } from './network.ts';
import { layOutStack, nothingElse, onlyStack, plainFeatures, stackParameters } from './stacks.ts';

export const lm: NetworkKind = {
  carriesState: true,
  dropsEverywhere: false,
  readsExamples: false,
  stacks: (model) => [onlyStack(model)],
  parameters(model) {
    const { hidden, classes, tie, cutoffs } = model;
    const output = { classes, width: hidden, hidden, tied: tie };
    return [
      ...stackParameters(model, [onlyStack(model)], 1),
      ...(cutoffs.length > 0 ? adaptiveParameters(model) : softmaxParameters('output', output)),
    ];
  },
  plan(planner) {
    const { model } = planner;
    const sequence = planSequence(planner, 0, planner.sequenceLength);
    const stack = layOutStack(planner, onlyStack(model), 0, sequence, false);
    const features = plainFeatures(stack.top.output, stack.top.dOutput);
    const weight = model.tie ? 'embedding.weight' : 'output.weight';
    const head =
      model.cutoffs.length > 0
        ? planAdaptiveHead(planner, features)
        : planSoftmaxHead(
            planner,
            planSoftmax(planner, planner.parameter(weight), planner.parameter('output.bias')),
            features,
          );
    return {
      ...nothingElse,
      sequences: [sequence],
      stacks: [stack],
      heads: [head],
      carried: carriedStates(stack),
      forward(context, chunk) {
        forwardStack(context, chunk, stack);
        synchronize(context, 'gates');
      },
      backward: (context, chunk) => backwardStack(context, chunk, stack),
    };
  },
};
