/**
 * A translator (Sutskever et al. 2014, with the attention of Luong et al. 2015): an encoder reads the source, its final states are
 * those that a decoder starts from, and the decoder, with its attention on the encoder's outputs, tells the target token by token.
 */

import type { Address } from '../../kernels/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import type { Chunk } from '../chunk.ts';
import { planSequence } from '../memory/index.ts';
import {
  type Attention,
  attentionBackward,
  attentionForward,
  attentionParameters,
  backwardStack,
  bridgeBackward,
  bridgeForward,
  bridgeParameters,
  cellOf,
  clearPanels,
  forwardStack,
  listSourcePositions,
  planAttention,
  planBridges,
  planSoftmax,
  planSoftmaxHead,
  type Stack,
  type StackShape,
  softmaxParameters,
} from '../parts/index.ts';
import { type Context, ownShare, synchronize } from '../team/index.ts';
import type { Network, NetworkKind } from './network.ts';
import { droppedFeatures, layOutStack, nothingElse, SMALL_START, stackParameters, stackWidth } from './stacks.ts';

export interface TranslateNetwork extends Network {
  encoder: Stack;
  decoder: Stack;
  attention: Attention | undefined;
  /** Int32, (B): source row of each row of the targets. */
  sourceRows: Address;
  /** From the encoder's final states to the decoder's first ones. */
  bridge(context: Context): void;
}

function stacksOf({ vocabulary, classes, bidirectional }: ModelConfig): [encoder: StackShape, decoder: StackShape] {
  return [
    {
      name: 'encoder',
      embedding: 'source_embedding.weight',
      vocabulary,
      directions: bidirectional ? ['forward', 'reverse'] : ['forward'],
      ofSource: true,
    },
    { name: 'decoder', embedding: 'embedding.weight', vocabulary: classes, directions: ['forward'], ofSource: false },
  ];
}

export const translate: NetworkKind<TranslateNetwork> = {
  carriesState: false,
  dropsEverywhere: true,
  readsExamples: true,
  stacks: stacksOf,
  parameters(model) {
    const { hidden, classes, tie } = model;
    const stacks = stacksOf(model);
    const width = stackWidth(model, stacks[0]);
    return [
      ...stackParameters(model, stacks, SMALL_START),
      ...bridgeParameters(model, cellOf(model).states, width),
      ...attentionParameters(model, width),
      ...softmaxParameters('output', { classes, width: hidden, hidden, tied: tie }),
    ];
  },
  plan(planner) {
    const { arena, model, batchSize, sequenceLength, sourceLength } = planner;
    const { states } = cellOf(model);
    const [encoderShape, decoderShape] = stacksOf(model);
    const target = planSequence(planner, 0, sequenceLength);
    const source = planSequence(planner, 1, sourceLength);
    const sourceRows = arena.reserve(batchSize * 4);
    const encoder = layOutStack(planner, encoderShape, 0, source, true, { linkedFinal: 'all' });
    const decoder = layOutStack(planner, decoderShape, 1, target, true, { linkedInitial: true });
    const ends = { encoder, decoder, sourceRows };
    const bridges = planBridges(planner, states, encoder.top.columns);
    const attention = model.attention === 'none' ? undefined : planAttention(planner, ends);
    const features = droppedFeatures(
      planner,
      attention ? attention.attended : decoder.top.output,
      attention ? attention.dAttended : decoder.top.dOutput,
      sequenceLength * batchSize,
    );
    const weight = planner.parameter(model.tie ? 'embedding.weight' : 'output.weight');
    const softmax = planSoftmax(planner, weight, planner.parameter('output.bias'));
    return {
      ...nothingElse,
      ...ends,
      attention,
      sequences: [target, source],
      stacks: [encoder, decoder],
      linears: [...bridges.map(({ linear }) => linear), attention?.score, attention?.combine].filter(
        (linear) => linear !== undefined,
      ),
      heads: [planSoftmaxHead(planner, softmax, features)],
      prepare(i32) {
        if (attention) listSourcePositions(i32, attention, batchSize);
      },
      bridge: (context) => bridgeForward(context, bridges, ends),
      forward(context, chunk) {
        forwardStack(context, chunk, encoder);
        context.threads.barrier();
        bridgeForward(context, bridges, ends);
        forwardStack(context, chunk, decoder);
        synchronize(context, 'gates');
        if (attention) attentionForward(context, attention);
      },
      backward(context, chunk) {
        if (attention) attentionBackward(context, attention);
        backwardStack(context, chunk, decoder);
        bridgeBackward(context, bridges, ends);
        if (!attention) clearOutputGradient(context, chunk, encoder);
        backwardStack(context, chunk, encoder);
      },
    };
  },
};

/** Of an encoder whose outputs nothing reads. */
function clearOutputGradient(context: Context, chunk: Chunk, { top, tokens }: Stack): void {
  const rows = chunk.spans[tokens.sequence.index].steps * context.batchSize;
  const [first, last] = ownShare(context, rows);
  clearPanels(context, top.dOutput!, first, last - first);
  context.threads.barrier();
}
