/** What a model is: the choices and numbers that fix the names and shapes of all its parameters. */

/** Recurrent cells; each is a part of the engine, registered in engine/parts/cells.ts. */
export const cellNames = ['rnn', 'gru', 'lstm', 'mingru'] as const;
export type CellName = (typeof cellNames)[number];

/**
 * Where a GRU applies its reset gate: to the state *before* the recurrent matrix (Cho et al. 2014 as published, arXiv
 * version 3, the form of most lecture notes), to the product *after* it (cuDNN, PyTorch, Keras `reset_after`), or not
 * at all: the lectures' simplified GRU, which has the update gate alone.
 */
export const gruResets = ['before', 'after', 'none'] as const;
export type GruReset = (typeof gruResets)[number];

/**
 * What a model is trained for: the next token (`lm`), one label for a text (`classify`), a tag for each token (`tag`), another
 * sequence (`translate`), or a token by those before and after it (`fill`).
 */
export const taskNames = ['lm', 'classify', 'tag', 'translate', 'fill'] as const;
export type Task = (typeof taskNames)[number];

/** How the states of both directions of a bidirectional layer become its output: side by side (2H), or added (H). */
export const merges = ['concat', 'sum'] as const;
export type Merge = (typeof merges)[number];

/** What of the top layer `classify` reads: the final state of each direction, or the mean or the maximum over time. */
export const pools = ['last', 'mean', 'max'] as const;
export type Pool = (typeof pools)[number];

/** The score of a decoder state h and an encoder state s in Luong et al. 2015, section 3.1: h's, or h'Ws. */
export const attentions = ['none', 'dot', 'general'] as const;
export type Attention = (typeof attentions)[number];

/**
 * What `tag` ends in: a softmax for each token by itself, or a conditional random field over all tags of a sentence (Lafferty et
 * al. 2001).
 */
export const outputs = ['softmax', 'crf'] as const;
export type Output = (typeof outputs)[number];

export interface ModelConfig {
  task: Task;
  cell: CellName;
  /** Read for `gru` only. */
  gruReset: GruReset;
  /** Whether sums of gates, and an LSTM's c, are normalized over a row's units (Ba et al. 2016). Read for `gru` and `lstm` only. */
  layerNorm: boolean;
  /** Number of recurrent layers, at least 1. */
  layers: number;
  /** Hidden size H of every layer. */
  hidden: number;
  /** Embedding size E; 0 means one-hot input, without an embedding matrix. */
  embedding: number;
  /** The output layer shares the embedding's matrix; then `embedding` equals `hidden`. */
  tie: boolean;
  /** Vocabulary size V of the input, the four special tokens included. */
  vocabulary: number;
  /** What the output chooses from: the vocabulary (`lm`, `fill`), labels, tags, or `translate`'s target vocabulary. */
  classes: number;
  /**
   * With cut-offs the output is an adaptive softmax (Grave et al. 2017) for tokens in the order of falling frequency: those
   * below the first number have a place in the head, those from each number to the next (the last: to V) form a
   * cluster, which has one place in the head and a softmax of its own, computed only for positions whose target is in
   * it. Numbers rise and lie between 1 and V - 1. With none the softmax is exact.
   */
  cutoffs: readonly number[];
  /** Layers run in both directions of time: those of `classify`, `tag`, and the encoder of `translate`. */
  bidirectional: boolean;
  /** Read for bidirectional layers only. */
  merge: Merge;
  /** Read for `classify` only. */
  pool: Pool;
  /** Read for `tag` only. */
  output: Output;
  /** Read for `translate` only. */
  attention: Attention;
}

/**
 * A configuration from what differs from a small language model: LSTM, 2 layers of 256, one-hot input, an exact softmax
 * over the vocabulary.
 *
 * @example
 * completeModel({ cell: 'gru', hidden: 64, vocabulary: 100 }).classes; // 100
 */
export function completeModel(given: Partial<ModelConfig> & Pick<ModelConfig, 'vocabulary'>): ModelConfig {
  return {
    task: 'lm',
    cell: 'lstm',
    gruReset: 'after',
    layerNorm: false,
    layers: 2,
    hidden: 256,
    embedding: 0,
    tie: false,
    classes: given.vocabulary,
    cutoffs: [],
    bidirectional: false,
    merge: 'concat',
    pool: 'last',
    output: 'softmax',
    attention: 'none',
    ...given,
  };
}
