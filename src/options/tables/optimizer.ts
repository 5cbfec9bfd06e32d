/** Options of a training run: how a network learns. */

import type { OptimizerName } from '../../engine/index.ts';
import { above0, atLeast0, COUNT, choice, integer, MOST_SIZE, optional, share } from '../readers.ts';
import { trainRow } from '../row.ts';

export const optimizerOptions = {
  seqLength: trainRow(integer(1, MOST_SIZE), {
    value: 'n',
    help: 'sequence length of truncated back-propagation',
    default: 64,
    tasks: 'text',
  }),
  batchSize: trainRow(integer(1, MOST_SIZE), {
    value: 'n',
    help: 'sequences side by side',
    default: 32,
  }),
  optimizer: trainRow(choice<OptimizerName>('adam', 'adamw', 'rmsprop', 'sgd'), {
    value: 'name',
    help: 'adam, adamw, rmsprop or sgd (momentum 0.9)',
    default: 'adam',
  }),
  learningRate: trainRow(optional(above0), {
    value: 'rate',
    help: 'peak learning rate',
    default: null,
    defaultText: '0.008 with characters, 0.003 with words; sgd: 0.5',
  }),
  schedule: trainRow(choice('constant', 'cosine', 'linear', 'step'), {
    value: 'name',
    help: 'constant; cosine or linear to 0; step: halved at each tenth of the second half',
    default: 'cosine',
  }),
  warmup: trainRow(integer(0, COUNT), {
    value: 'steps',
    help: 'steps over which the learning rate rises from 0',
    default: 20,
  }),
  clip: trainRow(atLeast0, {
    value: 'norm',
    help: 'largest global norm of the gradient, 0 for no clipping',
    default: 1,
  }),
  weightDecay: trainRow(atLeast0, {
    value: 'rate',
    help: 'decoupled with adamw, else added to the gradient',
    default: 0,
  }),
  labelSmoothing: trainRow(share, {
    value: 'share',
    help: 'training wants this share of the probability spread evenly over all tokens, labels or tags (Szegedy et al. 2016)',
    default: 0,
  }),
  seed: trainRow(integer(0, COUNT), {
    value: 'n',
    help: 'same seed, data and kernel: the same model, to the bit',
    default: 1,
  }),
};
