/** Options of a training run, in the groups of the help. */

import { availableParallelism } from 'node:os';
import { optimizerNames, optimizerOf } from '../engine/index.ts';
import type { KernelChoice, PrecisionChoice } from '../kernels/index.ts';
import { type Attention, cellNames, type GruReset, type Merge, outputs, type Pool } from '../model/index.ts';
import { fileFormats, tagSchemeNames, tokenizerNames, tokenSchemes, type UnicodeForm } from '../text/index.ts';
import {
  above0,
  atLeast0,
  boolean,
  COUNT,
  choice,
  integer,
  interval,
  MOST_SIZE,
  optional,
  path,
  paths,
  share,
  text,
  threadCount,
} from './readers.ts';
import { trainRow } from './row.ts';

/** Recurrent layers beyond which a number is surely a slip. */
const MOST_LAYERS = 64;

/** What the text is, and how it is read. */
export const textOptions = {
  files: trainRow(paths, {
    help: 'text files, or folders of them; - is the standard input',
    default: [],
    defaultText: 'a corpus that comes with the program',
    argument: true,
    onResume: 'change',
  }),
  tokenizer: trainRow(choice(...tokenizerNames), {
    value: 'kind',
    help: tokenizerNames.map((name) => `${name}: ${tokenSchemes[name].summary}`).join('; '),
    default: 'char',
  }),
  targetTokenizer: trainRow(optional(choice(...tokenizerNames)), {
    value: 'kind',
    help: 'translate: the same for the target',
    default: null,
    defaultText: 'that of the source',
    tasks: ['translate'],
  }),
  format: trainRow(choice('stream', 'lines', 'labelled'), {
    value: 'format',
    help: 'stream: one long text; lines: a document a line; labelled: label<TAB>document a line',
    default: 'stream',
    tasks: 'text',
  }),
  columns: trainRow(optional(text), {
    value: 'where',
    help: 'which columns of a table to read, by number or name: label=category,text=2',
    default: null,
    defaultText: 'the two that there are, or those of usual names',
    tasks: ['lm', 'classify', 'tag', 'translate'],
  }),
  fileFormat: trainRow(optional(choice(...fileFormats)), {
    value: 'format',
    help: 'tab: two fields a line; csv: with quotes, parted by comma, semicolon or tab; jsonl: JSON Lines; conll, conllu: a token a line',
    default: null,
    defaultText: 'recognised',
    tasks: ['lm', 'classify', 'tag', 'translate'],
  }),
  maxLength: trainRow(optional(integer(1, MOST_SIZE)), {
    value: 'n',
    help: 'classify, tag, translate: most tokens of an example, on either side; what is longer is cut',
    default: null,
    defaultText: '1,000',
    tasks: 'examples',
  }),
  strict: trainRow(boolean, {
    help: 'refuse what is longer, and labels of the validation that training does not have, in place of counting them',
    default: false,
    onResume: 'change',
  }),
  pretokenized: trainRow(boolean, {
    help: 'words are what white space parts, the end of a line is <eos> (Penn Treebank)',
    default: false,
    tasks: 'text',
    tokenizers: ['word'],
  }),
  lowercase: trainRow(boolean, {
    also: ['lowerCase', 'uncased'],
    help: 'lower-case the text',
    default: false,
  }),
  minCount: trainRow(integer(1, COUNT), {
    value: 'n',
    also: ['minFrequency', 'minFreq'],
    help: 'tokens seen less often become <unk>',
    default: 1,
  }),
  vocabSize: trainRow(optional(integer(5, COUNT)), {
    value: 'n',
    also: ['maxVocab', 'vocabularySize'],
    help: 'most tokens in the vocabulary, the frequent ones kept',
    default: null,
    defaultText: 'all',
  }),
  normalizeNewlines: trainRow(boolean, {
    help: 'read CRLF and CR as LF',
    default: false,
    tasks: 'text',
  }),
  unicode: trainRow(choice<UnicodeForm | 'none'>('none', 'nfc', 'nfkc'), {
    value: 'form',
    help: 'bring the text into a normalization form of Unicode; labels and tags are always in NFC',
    default: 'none',
  }),
  lossy: trainRow(boolean, {
    help: 'replace invalid UTF-8 by U+FFFD',
    default: false,
  }),
  valSplit: trainRow(share, {
    value: 'share',
    also: ['valFrac', 'validationSplit', 'validSplit'],
    help: 'share held out for validation: the end of each file of a stream, a seeded choice of lines or examples',
    default: 0.1,
  }),
  valid: trainRow(optional(path), {
    value: 'file',
    also: ['validation', 'validFile', 'dev'],
    help: 'validate on this file instead',
    default: null,
    defaultText: 'none',
    onResume: 'change',
  }),
};

/** What the network is. */
export const modelOptions = {
  cell: trainRow(choice(...cellNames), {
    value: 'cell',
    help: 'kind of recurrent cell',
    default: 'lstm',
  }),
  gruReset: trainRow(choice<GruReset>('before', 'after', 'none'), {
    value: 'form',
    help: 'gru: reset the state before its matrix (Cho et al.), after it (cuDNN, PyTorch), or not (the simplified GRU)',
    default: 'after',
    cells: ['gru'],
  }),
  layerNorm: trainRow(boolean, {
    help: "normalize the sums of the cell's gates, and an lstm's cell state, over the units (Ba et al. 2016)",
    default: false,
    cells: ['gru', 'lstm'],
  }),
  layers: trainRow(integer(1, MOST_LAYERS), {
    value: 'n',
    also: ['numLayers', 'nLayers', 'nlayers'],
    help: 'recurrent layers',
    default: 2,
  }),
  hidden: trainRow(integer(1, MOST_SIZE), {
    value: 'n',
    also: ['hiddenSize', 'hiddenDim', 'hiddenUnits', 'numUnits', 'rnnSize', 'nhid', 'units'],
    help: 'hidden size of each layer',
    default: 256,
  }),
  bidirectional: trainRow(optional(boolean), {
    negatable: true,
    also: ['birnn'],
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
  output: trainRow(choice(...outputs), {
    value: 'kind',
    help: 'tag: each tag by itself, or crf: all tags of a sentence together (Lafferty et al. 2001)',
    default: 'softmax',
    tasks: ['tag'],
  }),
  tagScheme: trainRow(optional(choice('none', ...tagSchemeNames)), {
    value: 'name',
    help: 'tag with a crf: the scheme of the tags, whose rule every answer keeps',
    default: null,
    defaultText: 'that of the training part',
    tasks: ['tag'],
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
    also: ['embeddingSize', 'embeddingDim', 'embeddingsSize', 'emsize', 'embSize'],
    help: 'embedding size, 0 for one-hot input',
    default: null,
    defaultText: '0 with characters, the hidden size with words or --tie',
  }),
  tie: trainRow(boolean, {
    also: ['tied'],
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

/** How long a run is, and how often it evaluates and writes a checkpoint. It ends at the limit that is reached first. */
export const lengthOptions = {
  epochs: trainRow(optional(integer(1, COUNT)), {
    value: 'n',
    also: ['numEpochs', 'maxEpochs', 'nEpochs'],
    help: 'passes over the training text',
    default: null,
    defaultText: 'no limit',
    onResume: 'raise',
  }),
  steps: trainRow(optional(integer(1, COUNT)), {
    value: 'n',
    also: ['maxSteps', 'numSteps', 'maxIters', 'iterations', 'iters'],
    help: 'optimizer steps',
    default: null,
    defaultText: 'no limit',
    onResume: 'raise',
  }),
  minutes: trainRow(optional(above0), {
    value: 'm',
    help: 'minutes of training and evaluation',
    default: null,
    defaultText:
      'without another limit: 1 for the default corpus, else 5 for a million tokens, growing with the square root',
    onResume: 'raise',
  }),
  evalEvery: trainRow(optional(integer(1, COUNT)), {
    value: 'n',
    also: ['evalInterval', 'evalSteps', 'valInterval'],
    help: 'steps between evaluations',
    default: null,
    defaultText: 'an epoch, at least 100; the first within a tenth of the run',
  }),
  keep: trainRow(optional(choice('loss', 'accuracy', 'macro-f1')), {
    value: 'measure',
    help: 'classify, tag, translate: by which measure of validation the best weights are kept; macro-f1 for labels and tags',
    default: null,
    defaultText: 'accuracy from 1,000 targets on, else loss',
    tasks: 'examples',
  }),
  patience: trainRow(optional(integer(0, COUNT)), {
    value: 'n',
    also: ['earlyStopping'],
    help: 'stop after this many evaluations without improvement, 0 for never',
    default: null,
    defaultText: 'when the validation loss has long been rising',
    onResume: 'change',
  }),
  checkpointEvery: trainRow(interval, {
    value: 'interval',
    also: ['saveEvery', 'saveInterval', 'checkpointInterval'],
    help: 'checkpoint every so many steps, or every 30s or 5m, besides those at evaluations',
    default: '1m',
    onResume: 'change',
  }),
};

/** Of the optimizers that have one. */
const ownLearningRates = optimizerNames.flatMap((name) => {
  const { learningRate } = optimizerOf(name);
  return learningRate === undefined ? [] : [`${name}: ${learningRate}`];
});

/** How a network learns. */
export const optimizerOptions = {
  seqLength: trainRow(integer(1, MOST_SIZE), {
    value: 'n',
    also: ['sequenceLength', 'bptt', 'blockSize', 'unrollSteps'],
    help: 'sequence length of truncated back-propagation',
    default: 64,
    tasks: 'text',
  }),
  batchSize: trainRow(integer(1, MOST_SIZE), {
    value: 'n',
    also: ['bs', 'minibatch'],
    help: 'sequences side by side',
    default: 32,
  }),
  optimizer: trainRow(choice(...optimizerNames), {
    value: 'name',
    help: optimizerNames.map((name) => `${name}: ${optimizerOf(name).summary}`).join('; '),
    default: 'adam',
  }),
  learningRate: trainRow(optional(above0), {
    value: 'rate',
    also: ['lr', 'stepSize'],
    help: 'peak learning rate',
    default: null,
    defaultText: ['0.008 with characters, 0.003 with words', ...ownLearningRates].join('; '),
  }),
  schedule: trainRow(choice('constant', 'cosine', 'linear', 'step'), {
    value: 'name',
    also: ['lrSchedule', 'lrScheduler', 'scheduler'],
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
    also: ['gradClip', 'maxGradNorm', 'maxNorm'],
    help: 'largest global norm of the gradient, 0 for no clipping',
    default: 1,
  }),
  weightDecay: trainRow(atLeast0, {
    value: 'rate',
    also: ['wd', 'l2'],
    help: 'added to the gradient, or decoupled, with the optimizers that say so',
    default: 0,
  }),
  labelSmoothing: trainRow(share, {
    value: 'share',
    help: 'training wants this share of the probability spread evenly over all tokens, labels or tags (Szegedy et al. 2016)',
    default: 0,
  }),
  classWeights: trainRow(choice('none', 'balanced'), {
    value: 'how',
    help: 'classify, tag: balanced: rare labels count for more in training, so that each counts for as much as any other',
    default: 'none',
    tasks: ['classify', 'tag'],
  }),
  seed: trainRow(integer(0, COUNT), {
    value: 'n',
    also: ['randomSeed', 'randomState'],
    help: 'same seed, data, kernel and precision: the same model, to the bit',
    default: 1,
  }),
};

/** What a run computes on. */
export const machineOptions = {
  threads: trainRow(threadCount, {
    value: 'n',
    also: ['numThreads', 'nThreads', 'workers', 'numWorkers'],
    help: 'threads to compute on; the result does not depend on it',
    default: availableParallelism(),
    defaultText: 'one a core',
    onResume: 'change',
  }),
  kernel: trainRow(choice<KernelChoice>('auto', 'native', 'wide', 'fma', 'strict'), {
    value: 'variant',
    help: 'native, wide and fma give the same bits as each other, strict the same on every machine',
    default: 'auto',
    onResume: 'change',
  }),
  precision: trainRow(choice<PrecisionChoice>('auto', 'f32', 'bf16'), {
    value: 'format',
    help: 'what products round their operands to; auto: bf16 where the native kernels have instructions for it',
    default: 'auto',
  }),
  profile: trainRow(boolean, {
    help: 'report at the end where the time of the steps went, by phase',
    default: false,
    onResume: 'change',
  }),
};
