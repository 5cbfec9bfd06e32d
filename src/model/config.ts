/** What a language model is: the numbers that fix the names and shapes of all its parameters. */

export type Cell = 'rnn' | 'gru' | 'lstm';

/**
 * Where a GRU applies its reset gate: to the state *before* the recurrent matrix (Cho et al. 2014, version 1,
 * the form of most lecture notes) or to the product *after* it (cuDNN, PyTorch, Keras `reset_after`).
 */
export type GruReset = 'before' | 'after';

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
  /** Vocabulary size V, the four special tokens included. */
  vocabulary: number;
  /**
   * With it the output is an adaptive softmax (Grave et al. 2017) for tokens in the order of falling frequency: those below the first number
   * have a place in the head, those from each number to the next (the last: to V) form a cluster, which has one place in the head and a
   * softmax of its own, computed only for positions whose target is in it. Numbers rise and lie between 1 and V - 1. Without it the softmax is exact.
   */
  cutoffs?: readonly number[];
}
