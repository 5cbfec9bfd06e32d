/** What a model is: the choices and numbers that fix the names and shapes of all its parameters. */

export type Cell = 'rnn' | 'gru' | 'lstm';

/**
 * Where a GRU applies its reset gate: to the state *before* the recurrent matrix (Cho et al. 2014 as published, arXiv
 * version 3, the form of most lecture notes), to the product *after* it (cuDNN, PyTorch, Keras `reset_after`), or not
 * at all: the lectures' simplified GRU, which has the update gate alone.
 */
export type GruReset = 'before' | 'after' | 'none';

/**
 * What a model is trained for: the next token (`lm`), one label for a text (`classify`), a tag for each token (`tag`), another
 * sequence (`translate`), or a token by those before and after it (`fill`).
 */
export type Task = 'lm' | 'classify' | 'tag' | 'translate' | 'fill';

/** How the states of both directions of a bidirectional layer become its output: side by side (2H), or added (H). */
export type Merge = 'concat' | 'sum';

/** What of the top layer `classify` reads: the final state of each direction, or the mean or the maximum over time. */
export type Pool = 'last' | 'mean' | 'max';

/** The score of a decoder state h and an encoder state s in Luong et al. 2015, section 3.1: h's, or h'Ws. */
export type Attention = 'none' | 'dot' | 'general';

export interface ModelConfig {
  cell: Cell;
  /** Read for `gru` only. */
  gruReset: GruReset;
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
  /**
   * With it the output is an adaptive softmax (Grave et al. 2017) for tokens in the order of falling frequency: those
   * below the first number have a place in the head, those from each number to the next (the last: to V) form a
   * cluster, which has one place in the head and a softmax of its own, computed only for positions whose target is in
   * it. Numbers rise and lie between 1 and V - 1. Without it the softmax is exact.
   */
  cutoffs?: readonly number[];
  /** `lm` if absent. */
  task?: Task;
  /** Layers run in both directions of time (`classify`, `tag`, and the encoder of `translate`); false if absent. */
  bidirectional?: boolean;
  /** Read for bidirectional layers only; `concat` if absent. */
  merge?: Merge;
  /**
   * What the output chooses from: labels, tags, or `translate`'s target vocabulary. Absent for `lm` and `fill`: the
   * vocabulary.
   */
  classes?: number;
  /** Read for `classify` only; `last` if absent. */
  pool?: Pool;
  /** Read for `translate` only; `none` if absent. */
  attention?: Attention;
}
