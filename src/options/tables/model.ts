/** Options of a training run: what the network is. */

import type { Attention, Cell, GruReset, Merge, Pool } from '../../model/index.ts';
import { boolean, choice, integer, MOST_SIZE, optional, share } from '../readers.ts';
import { trainRow } from '../row.ts';

/** Recurrent layers beyond which a number is surely a slip. */
const MOST_LAYERS = 64;

export const modelOptions = {
  cell: trainRow(choice<Cell>('rnn', 'gru', 'lstm'), {
    value: 'cell',
    help: 'rnn, gru or lstm',
    default: 'lstm',
  }),
  gruReset: trainRow(choice<GruReset>('before', 'after', 'none'), {
    value: 'form',
    help: 'gru: reset the state before its matrix (Cho et al.), after it (cuDNN, PyTorch), or not (the simplified GRU)',
    default: 'after',
    cells: ['gru'],
  }),
  layers: trainRow(integer(1, MOST_LAYERS), {
    value: 'n',
    help: 'recurrent layers',
    default: 2,
  }),
  hidden: trainRow(integer(1, MOST_SIZE), {
    value: 'n',
    help: 'hidden size of each layer',
    default: 256,
  }),
  bidirectional: trainRow(optional(boolean), {
    negatable: true,
    help: 'layers that read both ways: all of classify and tag, the encoder of translate',
    default: null,
    defaultText: 'on for these',
    tasks: 'examples',
  }),
  merge: trainRow(optional(choice<Merge>('concat', 'sum')), {
    value: 'how',
    help: 'the two states of a bidirectional layer side by side, or added',
    default: null,
    defaultText: 'concat',
    tasks: 'examples',
  }),
  pool: trainRow(optional(choice<Pool>('last', 'mean', 'max')), {
    value: 'how',
    help: 'classify: by the final states, or by the mean or maximum over the text',
    default: null,
    defaultText: 'max',
    tasks: ['classify'],
  }),
  attention: trainRow(optional(choice<Attention>('none', 'dot', 'general')), {
    value: 'score',
    help: "translate: how the decoder scores the encoder's states (Luong et al. 2015)",
    default: null,
    defaultText: 'general',
    tasks: ['translate'],
  }),
  embedding: trainRow(optional(integer(0, MOST_SIZE)), {
    value: 'n',
    help: 'embedding size, 0 for one-hot input',
    default: null,
    defaultText: '0 with characters, the hidden size with words or --tie',
  }),
  tie: trainRow(boolean, {
    help: 'the output layer shares the embedding',
    default: false,
    tasks: ['lm', 'translate'],
  }),
  softmax: trainRow(choice('exact', 'adaptive'), {
    value: 'kind',
    help: 'adaptive: rare words in clusters, for vocabularies of 20,000 and more (Grave et al. 2017)',
    default: 'exact',
    tasks: ['lm'],
  }),
  dropout: trainRow(share, {
    value: 'p',
    help: 'dropout between layers; with classify, tag and translate also of embeddings and before the output layer',
    default: 0.1,
    defaultText: '0.1; 0.4 for the default corpus, which is small',
  }),
  tokenDropout: trainRow(share, {
    value: 'p',
    help: 'classify, tag, translate: share of the tokens read that each batch of training makes unknown',
    default: 0,
    tasks: 'examples',
  }),
};
