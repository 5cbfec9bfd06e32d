/** What decoding needs of a model: a state, a token, and the log-probabilities of the next one. */

/**
 * A model as decoding sees it. `S` is the recurrent state of a batch of rows, opaque to the caller and never changed in place.
 * Every row is a hypothesis of its own.
 */
export interface StepModel<S> {
  /** V. */
  readonly vocabulary: number;
  /** The zero state for `rows` rows. */
  start(rows: number): S;
  /** Feeds one token a row; `logProbabilities` is (rows, V), row-major, valid until the next call. */
  next(state: S, tokens: ArrayLike<number>): { state: S; logProbabilities: Float32Array };
  /** A state made of the given rows of `state`, repeats allowed. */
  select(state: S, rows: ArrayLike<number>): S;
}
