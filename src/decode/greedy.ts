/** Greedy decoding of many rows side by side, each to its own end. */

import { demand, nothingLeft } from './demand.ts';
import { createRepetition, type RepetitionOptions } from './repetition.ts';
import type { StepModel } from './types.ts';

export interface GreedyOptions extends RepetitionOptions {
  /** Rows of the model's starting state. */
  rows: number;
  /** The token that every row is fed first. */
  bos: number;
  /** The token that ends a row. */
  eos: number;
  /** Most tokens of a row, `<eos>` included. */
  length: number;
  /** Token ids that no row holds. */
  forbidden: readonly number[];
}

/** What came of one row. */
export interface Decoded {
  /** `<eos>` included, when it ended there. */
  tokens: number[];
  /** Natural log of the model's probability of each token. */
  logProbabilities: number[];
  /** False for one that was cut at the length. */
  finished: boolean;
}

/**
 * Takes the likeliest token of each row at each step (of equal ones the first).
 *
 * @throws InputError for an option out of its range.
 * @throws RunError when the model gives no allowed token a probability.
 */
export function greedy<S>(model: StepModel<S>, options: GreedyOptions): Decoded[] {
  const { rows, bos, eos, length, forbidden } = options;
  demand(Number.isSafeInteger(length) && length >= 1, 'length', length, 'a whole number of tokens from 1');
  const V = model.vocabulary;
  const repetition = createRepetition(options);
  const scores = new Float64Array(V);
  const decoded = Array.from({ length: rows }, (): Decoded => ({ tokens: [], logProbabilities: [], finished: false }));
  let live = decoded;
  let { state, logProbabilities } = model.next(model.start(rows), new Array<number>(rows).fill(bos));
  for (let step = 1; ; step++) {
    live.forEach((row, i) => {
      scores.set(logProbabilities.subarray(i * V, (i + 1) * V));
      repetition?.lower(scores, [bos, ...row.tokens]);
      for (const id of forbidden) scores[id] = Number.NEGATIVE_INFINITY;
      let best = 0;
      for (let id = 1; id < V; id++) if (scores[id] > scores[best]) best = id;
      if (scores[best] === Number.NEGATIVE_INFINITY) throw nothingLeft(options.noRepeatNgram);
      row.tokens.push(best);
      row.logProbabilities.push(logProbabilities[i * V + best]);
      row.finished = best === eos;
    });
    const going = live.flatMap((row, i) => (row.finished ? [] : [i]));
    if (going.length === 0 || step === length) return decoded;
    if (going.length < live.length) state = model.select(state, going);
    live = going.map((i) => live[i]);
    const tokens = live.map((row) => row.tokens[step - 1]);
    ({ state, logProbabilities } = model.next(state, tokens));
  }
}
