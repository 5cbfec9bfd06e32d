/** One call's work, as every thread sees it. */

export interface Chunk {
  /** T of this chunk. */
  steps: number;
  fresh: boolean;
  training: boolean;
  /** Rows that go on at each time step: the first ones of the batch. */
  active: number[];
  /** Positions with a target. */
  tokens: number;
  /** Updates before this one: the counter of dropout and of Adam's bias correction. */
  update: number;
  learningRate: number;
  /** Rows of a large embedding (see `SparseRows`) in use and still to be cleared. */
  usedRows: number;
  staleRows: number;
}
