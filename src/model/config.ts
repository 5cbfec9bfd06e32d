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
}
