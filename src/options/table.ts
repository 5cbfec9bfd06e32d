/**
 * Every option of a training run, in one table: its flag, help, default, what values it takes, for which tasks it is, and
 * whether a resumed run may change it. The command line, `--config` files, the library and the reader of `config.json` all
 * go by it.
 */

import { availableParallelism } from 'node:os';
import type { Task } from '../model/index.ts';
import { tokenizerNames, tokenSchemes } from '../text/index.ts';
import type { OptionName, TrainOptions } from './options.ts';
import { boolean, choice, integer, interval, optional, path, paths, type Reader, real, share } from './readers.ts';

export interface OptionSpec<T> extends Reader<T> {
  /** As commander wants it. A flag without `<value>` is a boolean. */
  flag: string;
  /** A boolean that is on or off by default as the task has it: there is a `--no-…` too. */
  negatable?: true;
  group: string;
  help: string;
  default: T;
  /** How the help shows the default, where the value doesn't say it. */
  defaultText?: string;
  /** The tasks that use it; all if absent. For others it may only be left out, or at its default. */
  tasks?: readonly Task[];
  /** What `--resume` allows: nothing (it would change the model), a larger value, or any. */
  onResume?: 'raise' | 'change';
}

const COUNT = Number.MAX_SAFE_INTEGER;
const TEXT = 'Text:';
const MODEL = 'Model:';
const LENGTH = 'Length of the run (whichever ends first; the schedule follows it):';
const OPTIMIZER = 'Optimizer:';
const MACHINE = 'Machine:';

/** Tasks that read a text, and those that read examples, each with what is to be said about it. */
const ON_TEXT: readonly Task[] = ['lm', 'fill'];
const ON_EXAMPLES: readonly Task[] = ['classify', 'tag', 'translate'];

/** Recurrent layers, and tokens or rows at once, beyond which a value is surely a slip. */
const MOST_LAYERS = 64;
const MOST_SIZE = 65_536;

export const optionTable: { readonly [K in OptionName]: OptionSpec<TrainOptions[K]> } = {
  files: { ...paths, flag: '', group: TEXT, help: '', default: [], onResume: 'change' },
  task: {
    ...choice('lm', 'classify', 'tag', 'translate', 'fill'),
    flag: '--task <task>',
    group: TEXT,
    help: 'lm: tell the next token; classify: label<TAB>text a line, or a file a label; tag: token<TAB>tag a line, blank lines between sentences; translate: source<TAB>target a line; fill: tell a token by those before and after it',
    default: 'lm',
  },
  tokenizer: {
    ...choice(...tokenizerNames),
    flag: '--tokenizer <kind>',
    group: TEXT,
    help: tokenizerNames.map((name) => `${name}: ${tokenSchemes[name].summary}`).join('; '),
    default: 'char',
  },
  targetTokenizer: {
    ...optional(choice(...tokenizerNames)),
    flag: '--target-tokenizer <kind>',
    group: TEXT,
    help: 'translate: the same for the target',
    default: null,
    defaultText: 'that of the source',
    tasks: ['translate'],
  },
  format: {
    ...choice('stream', 'lines', 'labelled'),
    flag: '--format <format>',
    group: TEXT,
    help: 'stream: one long text; lines: a document a line; labelled: label<TAB>document a line',
    default: 'stream',
    tasks: ON_TEXT,
  },
  maxLength: {
    ...optional(integer(1, MOST_SIZE)),
    flag: '--max-length <n>',
    group: TEXT,
    help: 'classify, tag, translate: most tokens of an example, on either side',
    default: null,
    defaultText: '1,000',
    tasks: ON_EXAMPLES,
  },
  pretokenized: {
    ...boolean,
    flag: '--pretokenized',
    group: TEXT,
    help: 'words are what white space parts, the end of a line is <eos> (Penn Treebank)',
    default: false,
    tasks: ON_TEXT,
  },
  lowercase: { ...boolean, flag: '--lowercase', group: TEXT, help: 'lower-case the text', default: false },
  minCount: {
    ...integer(1, COUNT),
    flag: '--min-count <n>',
    group: TEXT,
    help: 'tokens seen less often become <unk>',
    default: 1,
  },
  vocabSize: {
    ...optional(integer(5, COUNT)),
    flag: '--vocab-size <n>',
    group: TEXT,
    help: 'most tokens in the vocabulary, the frequent ones kept',
    default: null,
    defaultText: 'all',
  },
  normalizeNewlines: {
    ...boolean,
    flag: '--normalize-newlines',
    group: TEXT,
    help: 'read CRLF and CR as LF',
    default: false,
    tasks: ON_TEXT,
  },
  lossy: { ...boolean, flag: '--lossy', group: TEXT, help: 'replace invalid UTF-8 by U+FFFD', default: false },
  valSplit: {
    ...share,
    flag: '--val-split <share>',
    group: TEXT,
    help: 'share held out for validation: the end of a stream, a seeded choice of lines or examples',
    default: 0.1,
  },
  valid: {
    ...optional(path),
    flag: '--valid <file>',
    group: TEXT,
    help: 'validate on this file instead',
    default: null,
    defaultText: 'none',
  },

  cell: {
    ...choice('rnn', 'gru', 'lstm'),
    flag: '--cell <cell>',
    group: MODEL,
    help: 'rnn, gru or lstm',
    default: 'lstm',
  },
  gruReset: {
    ...choice('before', 'after', 'none'),
    flag: '--gru-reset <form>',
    group: MODEL,
    help: 'gru: reset the state before its matrix (Cho et al.), after it (cuDNN, PyTorch), or not (the simplified GRU)',
    default: 'after',
  },
  layers: { ...integer(1, MOST_LAYERS), flag: '--layers <n>', group: MODEL, help: 'recurrent layers', default: 2 },
  hidden: {
    ...integer(1, MOST_SIZE),
    flag: '--hidden <n>',
    group: MODEL,
    help: 'hidden size of each layer',
    default: 256,
  },
  bidirectional: {
    ...optional(boolean),
    flag: '--bidirectional',
    negatable: true,
    group: MODEL,
    help: 'layers that read both ways: all of classify and tag, the encoder of translate',
    default: null,
    defaultText: 'on for these',
    tasks: ON_EXAMPLES,
  },
  merge: {
    ...optional(choice('concat', 'sum')),
    flag: '--merge <how>',
    group: MODEL,
    help: 'the two states of a bidirectional layer side by side, or added',
    default: null,
    defaultText: 'concat',
    tasks: ON_EXAMPLES,
  },
  pool: {
    ...optional(choice('last', 'mean', 'max')),
    flag: '--pool <how>',
    group: MODEL,
    help: 'classify: by the final states, or by the mean or maximum over the text',
    default: null,
    defaultText: 'max',
    tasks: ['classify'],
  },
  attention: {
    ...optional(choice('none', 'dot', 'general')),
    flag: '--attention <score>',
    group: MODEL,
    help: "translate: how the decoder scores the encoder's states (Luong et al. 2015)",
    default: null,
    defaultText: 'general',
    tasks: ['translate'],
  },
  embedding: {
    ...optional(integer(0, MOST_SIZE)),
    flag: '--embedding <n>',
    group: MODEL,
    help: 'embedding size, 0 for one-hot input',
    default: null,
    defaultText: '0 with characters, the hidden size with words or --tie',
  },
  tie: {
    ...boolean,
    flag: '--tie',
    group: MODEL,
    help: 'the output layer shares the embedding',
    default: false,
    tasks: ['lm', 'translate'],
  },
  softmax: {
    ...choice('exact', 'adaptive'),
    flag: '--softmax <kind>',
    group: MODEL,
    help: 'adaptive: rare words in clusters, for vocabularies of 20,000 and more (Grave et al. 2017)',
    default: 'exact',
    tasks: ['lm'],
  },
  dropout: {
    ...share,
    flag: '--dropout <p>',
    group: MODEL,
    help: 'dropout between layers; with classify, tag and translate also of embeddings and before the output layer',
    default: 0.1,
    defaultText: '0.1; 0.4 for the default corpus, which is small',
  },
  tokenDropout: {
    ...share,
    flag: '--token-dropout <p>',
    group: MODEL,
    help: 'classify, tag, translate: share of the tokens read that each batch of training makes unknown',
    default: 0,
    tasks: ['classify', 'tag', 'translate'],
  },

  epochs: {
    ...optional(integer(1, COUNT)),
    flag: '--epochs <n>',
    group: LENGTH,
    help: 'passes over the training text',
    default: null,
    defaultText: 'no limit',
    onResume: 'raise',
  },
  steps: {
    ...optional(integer(1, COUNT)),
    flag: '--steps <n>',
    group: LENGTH,
    help: 'optimizer steps',
    default: null,
    defaultText: 'no limit',
    onResume: 'raise',
  },
  minutes: {
    ...optional(real('a number above 0', (n) => n > 0)),
    flag: '--minutes <m>',
    group: LENGTH,
    help: 'minutes of training and evaluation',
    default: null,
    defaultText:
      'without another limit: 1 for the default corpus, else 5 for a million tokens, growing with the square root',
    onResume: 'raise',
  },
  evalEvery: {
    ...optional(integer(1, COUNT)),
    flag: '--eval-every <n>',
    group: LENGTH,
    help: 'steps between evaluations',
    default: null,
    defaultText: 'an epoch, at least 100',
  },
  patience: {
    ...optional(integer(1, COUNT)),
    flag: '--patience <n>',
    group: LENGTH,
    help: 'stop after this many evaluations without improvement',
    default: null,
    defaultText: 'never',
    onResume: 'raise',
  },
  checkpointEvery: {
    ...interval,
    flag: '--checkpoint-every <interval>',
    group: LENGTH,
    help: 'checkpoint every so many steps, or every 30s or 5m, besides those at evaluations',
    default: '1m',
    onResume: 'change',
  },

  seqLength: {
    ...integer(1, MOST_SIZE),
    flag: '--seq-length <n>',
    group: OPTIMIZER,
    help: 'sequence length of truncated back-propagation',
    default: 64,
    tasks: ON_TEXT,
  },
  batchSize: {
    ...integer(1, MOST_SIZE),
    flag: '--batch-size <n>',
    group: OPTIMIZER,
    help: 'sequences side by side',
    default: 32,
  },
  optimizer: {
    ...choice('adam', 'adamw', 'rmsprop', 'sgd'),
    flag: '--optimizer <name>',
    group: OPTIMIZER,
    help: 'adam, adamw, rmsprop or sgd (momentum 0.9)',
    default: 'adam',
  },
  learningRate: {
    ...optional(real('a number above 0', (n) => n > 0)),
    flag: '--learning-rate <rate>',
    group: OPTIMIZER,
    help: 'peak learning rate',
    default: null,
    defaultText: '0.008 with characters, 0.003 with words; sgd: 0.5',
  },
  schedule: {
    ...choice('constant', 'cosine', 'linear', 'step'),
    flag: '--schedule <name>',
    group: OPTIMIZER,
    help: 'constant; cosine or linear to 0; step: halved at each tenth of the second half',
    default: 'cosine',
  },
  warmup: {
    ...integer(0, COUNT),
    flag: '--warmup <steps>',
    group: OPTIMIZER,
    help: 'steps over which the learning rate rises from 0',
    default: 20,
  },
  clip: {
    ...real('a number, 0 or more', (n) => n >= 0),
    flag: '--clip <norm>',
    group: OPTIMIZER,
    help: 'largest global norm of the gradient, 0 for no clipping',
    default: 1,
  },
  weightDecay: {
    ...real('a number, 0 or more', (n) => n >= 0),
    flag: '--weight-decay <rate>',
    group: OPTIMIZER,
    help: 'decoupled with adamw, else added to the gradient',
    default: 0,
  },
  labelSmoothing: {
    ...share,
    flag: '--label-smoothing <share>',
    group: OPTIMIZER,
    help: 'training wants this share of the probability spread evenly over all tokens, labels or tags (Szegedy et al. 2016)',
    default: 0,
  },
  seed: {
    ...integer(0, Number.MAX_SAFE_INTEGER),
    flag: '--seed <n>',
    group: OPTIMIZER,
    help: 'same seed, data and kernel: the same model, to the bit',
    default: 1,
  },

  threads: {
    ...integer(1, 256),
    flag: '--threads <n>',
    group: MACHINE,
    help: 'threads to compute on; the result does not depend on it',
    default: availableParallelism(),
    defaultText: 'one a core',
    onResume: 'change',
  },
  kernel: {
    ...choice('auto', 'wide', 'fma', 'strict'),
    flag: '--kernel <variant>',
    group: MACHINE,
    help: 'wide and fma give the same bits as each other, strict the same on every machine',
    default: 'auto',
    onResume: 'change',
  },
  profile: {
    ...boolean,
    flag: '--profile',
    group: MACHINE,
    help: 'report at the end where the time of the steps went, by phase',
    default: false,
    onResume: 'change',
  },
};
