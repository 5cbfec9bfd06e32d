/** A tagger: a stack of layers, in both directions of time by default, tells a tag for each token. */

import { planSequence } from '../memory/index.ts';
import { backwardStack, forwardStack, planSoftmax, planSoftmaxHead, softmaxParameters } from '../parts/index.ts';
import { synchronize } from '../team/index.ts';
import type { NetworkKind } from './network.ts';
import { droppedFeatures, layOutStack, nothingElse, onlyStack, stackParameters, stackWidth } from './stacks.ts';

/**
 * Standard deviation of the embeddings' start where words are few: from PyTorch's 1 rare words would stay noise (tagging the
 * English Web Treebank: 84.0 % right after five epochs from 1, 88.5 % after three from 0.1).
 */
export const SMALL_START = 0.1;

export const tag: NetworkKind = {
  carriesState: false,
  dropsEverywhere: true,
  readsExamples: true,
  stacks: (model) => [onlyStack(model)],
  parameters(model) {
    const { hidden, classes } = model;
    const stack = onlyStack(model);
    return [
      ...stackParameters(model, [stack], SMALL_START),
      ...softmaxParameters('output', { classes, width: stackWidth(model, stack), hidden, tied: false }),
    ];
  },
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
      heads: [planSoftmaxHead(planner, softmax, features, { guesses: true })],
      forward(context, chunk) {
        forwardStack(context, chunk, stack);
        synchronize(context, 'gates');
      },
      backward: (context, chunk) => backwardStack(context, chunk, stack),
    };
  },
};
