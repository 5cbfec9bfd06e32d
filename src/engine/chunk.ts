/** One call's work, as every thread sees it. */

/** How far a sequence's rows go in a chunk. */
export interface Span {
  /** T of this chunk. */
  steps: number;
  /** Rows that go on at each time step: the first ones of the batch. */
  active: number[];
}

export interface Chunk {
  /** Of each of the network's sequences. */
  spans: Span[];
  /** Every row starts from the zero state. */
  fresh: boolean;
  training: boolean;
  /** Time steps after which the state is left to the next chunk. */
  carry: number;
  /** Rows that the output layer computes: all of all time steps, or one a text. */
  outputRows: number;
  /** Rows with a target. */
  tokens: number;
  /** Updates before this one: the counter of dropout and of Adam's bias correction. */
  update: number;
  learningRate: number;
  /** Positions whose target is in each tail of an adaptive softmax. */
  tailRows: number[];
  /** Rows of each large embedding (see `SparseRows`) in use and still to be cleared. */
  usedRows: number[];
  staleRows: number[];
}

/** A chunk to go forward through only. */
export function forwardChunk(spans: Span[]): Chunk {
  const { steps } = spans[0];
  return {
    spans,
    fresh: true,
    training: false,
    carry: steps,
    outputRows: 0,
    tokens: 0,
    update: 0,
    learningRate: 0,
    tailRows: [],
    usedRows: [],
    staleRows: [],
  };
}
