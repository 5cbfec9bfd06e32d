/** Greedy decoding of many rows side by side, each to its own end. */

import { demand } from './filter.ts';
import type { StepModel } from './types.ts';

export interface GreedyOptions {
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

/** Takes the likeliest token of each row at each step (of equal ones the first). Throws an InputError for a length below 1. */
export function greedy<S>(model: StepModel<S>, options: GreedyOptions): Decoded[] {
  const { rows, bos, eos, length, forbidden } = options;
  demand(Number.isSafeInteger(length) && length >= 1, 'length', length, 'a whole number of tokens from 1');
  const V = model.vocabulary;
  const allowed = new Uint8Array(V).fill(1);
  for (const id of forbidden) allowed[id] = 0;
  const decoded = Array.from({ length: rows }, (): Decoded => ({ tokens: [], logProbabilities: [], finished: false }));
  let live = decoded;
  let { state, logProbabilities } = model.next(model.start(rows), new Array<number>(rows).fill(bos));
  for (let step = 1; ; step++) {
    live.forEach((row, i) => {
      let best = -1;
      for (let id = 0; id < V; id++) {
        if (allowed[id] && (best < 0 || logProbabilities[i * V + id] > logProbabilities[i * V + best])) best = id;
      }
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
