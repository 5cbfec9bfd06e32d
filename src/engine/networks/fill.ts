/**
 * A model that fills in: one stack reads the past, one the future, and the output reads the past's state before a position beside
 * the future's behind it. A second output tells the next token by the past alone.
 */

import { type PanelMatrix, panelsOf, shifted } from '../../kernels/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import { type Planner, planSequence } from '../memory/index.ts';
import {
  backwardStack,
  clearPanels,
  forwardStack,
  planSoftmax,
  planSoftmaxHead,
  type StackShape,
  softmaxParameters,
  stateRows,
} from '../parts/index.ts';
import { synchronize } from '../team/index.ts';
import { carriedStates, type NetworkKind } from './network.ts';
import { layOutStack, nothingElse, plainFeatures, stackParameters } from './stacks.ts';

function stacksOf({ vocabulary }: ModelConfig): [past: StackShape, future: StackShape] {
  const both = { embedding: 'embedding.weight', vocabulary, ofSource: false };
  return [
    { ...both, name: 'past', directions: ['forward'] },
    { ...both, name: 'future', directions: ['reverse'] },
  ];
}

/**
 * Buffers of the top states of past and future (see `stateRows`), so placed that the past's state before a position and the
 * future's behind it are one row of `both`.
 */
function joinedStates({
  arena,
  model,
  batchSize: B,
  sequenceLength: T,
}: Planner): Record<'past' | 'future' | 'both', PanelMatrix> {
  const panels = panelsOf(model.hidden);
  const room = arena.activations(stateRows(B, T) + 2 * B, 2 * panels);
  const past = shifted(room, 0, 2 * B, panels);
  return { past, future: shifted(room, panels, 0, panels), both: { ...past, panels: 2 * panels } };
}

export const fill: NetworkKind = {
  carriesState: true,
  dropsEverywhere: false,
  readsExamples: false,
  stacks: stacksOf,
  parameters(model) {
    const { hidden, classes } = model;
    return [
      ...stackParameters(model, stacksOf(model), 1),
      ...softmaxParameters('output', { classes, width: 2 * hidden, hidden, tied: false }),
      ...softmaxParameters('past_output', { classes, width: hidden, hidden, tied: false }),
    ];
  },
  plan(planner) {
    const { model, batchSize: B, training } = planner;
    const sequence = planSequence(planner, 0, planner.sequenceLength);
    const states = joinedStates(planner);
    const gradients = training ? joinedStates(planner) : undefined;
    const [past, future] = stacksOf(model).map((shape, index) => {
      const name = index === 0 ? 'past' : 'future';
      return layOutStack(planner, shape, index, sequence, false, { top: { h: states[name], dh: gradients?.[name] } });
    });
    const features = plainFeatures(states.both, gradients?.both);
    const byPast = plainFeatures(states.past, gradients?.past);
    const softmax = (name: string, blocks: number) =>
      planSoftmax(planner, planner.parameter(`${name}.weight`), planner.parameter(`${name}.bias`), {
        blocks,
        size: model.hidden,
      });
    return {
      ...nothingElse,
      sequences: [sequence],
      stacks: [past, future],
      heads: [
        planSoftmaxHead(planner, softmax('output', 2), features),
        planSoftmaxHead(planner, softmax('past_output', 1), byPast, { add: true }),
      ],
      carried: carriedStates(past),
      forward(context, chunk) {
        forwardStack(context, chunk, past);
        forwardStack(context, chunk, future);
        synchronize(context, 'gates');
      },
      backward(context, chunk) {
        // Nothing reads the past's state after the last token, nor the future's before the first.
        if (context.threads.rank === 0) {
          const [{ dStates: ofPast }] = past.top.layers;
          const [{ dStates: ofFuture }] = future.top.layers;
          clearPanels(context, ofPast!.h, chunk.spans[0].steps * B, B);
          clearPanels(context, ofFuture!.h, 0, B);
        }
        context.threads.barrier();
        backwardStack(context, chunk, future);
        backwardStack(context, chunk, past);
      },
    };
  },
};
