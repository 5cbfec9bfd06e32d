/** What reading hands to batches, and batches to a model. */

/** A long row of token ids, in memory or in a file. */
export interface TokenStore {
  readonly length: number;
  /** Copies `count` ids from `start` into `target` at `offset`, `stride` apart (1 by default). */
  read(start: number, count: number, target: Int32Array, offset: number, stride?: number): void;
  close(): void;
}

/**
 * Documents in a store of tokens: document i is the `lengths[i]` tokens from `starts[i]` on; those of a corpus end with
 * `<eos>`.
 */
export interface Documents {
  tokens: TokenStore;
  starts: Uint32Array;
  lengths: Uint32Array;
}

/** A part of a corpus that is one long text. */
export interface StreamPart {
  format: 'stream';
  tokens: TokenStore;
}

/** A part of a corpus that is documents. */
export interface LinesPart {
  format: 'lines';
  documents: Documents;
}

/** Example i is document i of both. */
export interface Examples {
  /** `classify`, `tag`: the text's tokens, without `<bos>` and `<eos>`. `translate`: the source's. */
  inputs: Documents;
  /** `classify`: one label id each. `tag`: a tag id for each token; below 0 where it is not known. `translate`: the target's tokens, ending with `<eos>`. */
  outputs: Documents;
}

/**
 * One chunk of T time steps for B rows. Time-major: position (t, b) is at index `t * B + b`.
 * Rows are ordered by falling length, so that the rows still alive at a time step are always the first ones.
 */
export interface Batch {
  /** T, at most the sequence length. */
  steps: number;
  /** (T, B) token ids. */
  inputs: Int32Array;
  /** (T, B) ids to predict, -1 where there is none; for `classify` (B), a label a row. */
  targets: Int32Array;
  /** (B) valid positions of each row, falling, 0 allowed; without it every position is valid. */
  lengths?: Int32Array;
  /** True: every row starts from the zero state. False: from the state that the last chunk left. */
  fresh: boolean;
  /**
   * For `fill`: time steps after which the state of the past is left to the next chunk; the others come again there.
   * All if absent.
   */
  carry?: number;
  /** For `translate`: what the encoder reads, while `inputs` is what the decoder does. */
  source?: SourceBatch;
}

/** The sources of a batch, in an order of their own: by falling length too. */
export interface SourceBatch {
  /** Time steps, at most the engine's source length. */
  steps: number;
  /** (steps, B) token ids, time-major. */
  inputs: Int32Array;
  /** (B) lengths, falling; each is 1 or more, but 0 in rows without a sequence. */
  lengths: Int32Array;
  /** (B): row b of the batch belongs to source row `rows[b]`; a permutation. */
  rows: Int32Array;
}

/**
 * Batches as a pure function of their number, so that a resumed run sees the same ones. Numbers go on over the epochs:
 * batch `index` belongs to epoch `floor(index / batchesPerEpoch)`.
 */
export interface BatchSource {
  readonly batchesPerEpoch: number;
  /** Positions with a target in one epoch. */
  readonly tokensPerEpoch: number;
  batch(index: number): Batch;
}
