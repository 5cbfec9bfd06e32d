/** What the networks share: the parameters of their stacks, and how these are laid out. */

import type { PanelMatrix } from '../../kernels/index.ts';
import type { ModelConfig, ParameterSpec } from '../../model/index.ts';
import type { Planner, Sequence } from '../memory/index.ts';
import {
  cellOf,
  embeddingParameter,
  FEATURE_STREAM,
  type Features,
  hasTable,
  layerSuffix,
  planStack,
  type Stack,
  type StackShape,
  softmaxParameters,
  stackColumns,
  tiedEmbeddingParameter,
} from '../parts/index.ts';
import type { Network } from './network.ts';

/** The only stack of a network that reads its input. */
export function onlyStack({ vocabulary, bidirectional }: ModelConfig): StackShape {
  return {
    name: 'rnn',
    embedding: 'embedding.weight',
    vocabulary,
    directions: bidirectional ? ['forward', 'reverse'] : ['forward'],
    ofSource: false,
  };
}

/** Width of what a stack hands on. */
export function stackWidth(model: ModelConfig, shape: StackShape): number {
  const { blocks, size } = stackColumns(model, shape);
  return blocks * size;
}

/**
 * For each stack its embedding (V, E) unless the input is one-hot or it has come before, and for each layer k and direction the
 * cell's parameters, `rnn.weight_ih_lk` and so on. An embedding of its own is normal with `deviation`; 1 is PyTorch's.
 */
export function stackParameters(model: ModelConfig, stacks: readonly StackShape[], deviation: number): ParameterSpec[] {
  const { embedding: E, hidden, tie } = model;
  const cell = cellOf(model);
  const specs: ParameterSpec[] = [];
  for (const stack of stacks) {
    if (E > 0 && !specs.some(({ name }) => name === stack.embedding)) {
      specs.push(
        tie
          ? tiedEmbeddingParameter(
              stack.embedding,
              stack.vocabulary,
              E,
              (stack.ofSource ? 1 : 3) * (1 / Math.sqrt(hidden)),
            )
          : embeddingParameter(stack.embedding, stack.vocabulary, E, deviation),
      );
    }
    for (let level = 0; level < model.layers; level++) {
      const input = level > 0 ? stackWidth(model, stack) : E || stack.vocabulary;
      for (const direction of stack.directions) {
        const suffix = layerSuffix(stack, level, direction);
        for (const spec of cell.parameters({ hidden, input, oneHot: level === 0 && E === 0 })) {
          specs.push({ ...spec, name: `${stack.name}.${spec.name}${suffix}` });
        }
      }
    }
  }
  return specs;
}

/**
 * Standard deviation of the embeddings' start where words are few: from PyTorch's 1 rare words would stay noise (tagging the
 * English Web Treebank: 84.0 % right after five epochs from 1, 88.5 % after three from 0.1).
 */
export const SMALL_START = 0.1;

/** Of a network whose only stack gives labels: the stack's, and those of a softmax over the labels. */
export function labelParameters(model: ModelConfig): ParameterSpec[] {
  const { hidden, classes } = model;
  const stack = onlyStack(model);
  return [
    ...stackParameters(model, [stack], SMALL_START),
    ...softmaxParameters('output', { classes, width: stackWidth(model, stack), hidden, tied: false }),
  ];
}

/** A network's stack on one of its sequences; the rest of the plan is the network's own. */
export function layOutStack(
  planner: Planner,
  shape: StackShape,
  index: number,
  sequence: Sequence,
  dropsEmbedded: boolean,
  rest: Pick<Parameters<typeof planStack>[1], 'top' | 'linkedInitial' | 'linkedFinal'> = {},
): Stack {
  const { model, training, batchSize } = planner;
  const sizes = { embedding: model.embedding, training, batchSize };
  const table = hasTable(sizes, shape.vocabulary, sequence.steps);
  return planStack(planner, { shape, index, cell: cellOf(model), sequence, table, dropsEmbedded, ...rest });
}

/** Features without dropout before the output. */
export function plainFeatures(matrix: PanelMatrix, gradient: PanelMatrix | undefined): Features {
  return { matrix, gradient, dropped: undefined };
}

/** Features with dropout before the output in training, `rows` of them. */
export function droppedFeatures(
  { arena, dropout }: Planner,
  matrix: PanelMatrix,
  gradient: PanelMatrix | undefined,
  rows: number,
): Features {
  return {
    matrix,
    gradient,
    dropped: dropout && {
      matrix: arena.activations(rows, matrix.panels),
      dropout: { ...dropout, stream: FEATURE_STREAM },
    },
  };
}

/** What most networks have nothing of. */
export const nothingElse: Pick<Network, 'linears' | 'onePerSequence' | 'carried'> = {
  linears: [],
  onePerSequence: false,
  carried: [],
};
