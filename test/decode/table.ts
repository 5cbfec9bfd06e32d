/** A model small enough to enumerate: its probabilities are written down as a function of all the tokens before. */

import type { StepModel } from '../../src/decode/index.ts';

type Histories = readonly (readonly number[])[];

/**
 * `probabilities` gives V numbers for a history, the prompt included. The log-probabilities that `next` returns are
 * overwritten by the call after, as an engine's are; `batches` collects the number of rows of each call.
 */
export function tableModel(
  vocabulary: number,
  probabilities: (history: readonly number[]) => readonly number[],
): StepModel<Histories> & { batches: number[] } {
  let last = new Float32Array(0);
  const batches: number[] = [];
  return {
    vocabulary,
    batches,
    start: (rows) => Array.from({ length: rows }, () => []),
    next(state, tokens) {
      if (tokens.length !== state.length) throw new Error(`${tokens.length} tokens for ${state.length} rows`);
      batches.push(state.length);
      last.fill(Number.NaN);
      const histories = state.map((history, row) => [...history, tokens[row]]);
      last = Float32Array.from(histories.flatMap((history) => probabilities(history).map(Math.log)));
      return { state: histories, logProbabilities: last };
    },
    select: (state, rows) => Array.from(rows, (row) => state[row]),
  };
}

/** Probabilities that depend on all of the history in no simple way, different for each `salt`; token 2 is the least likely. */
export function tangled(vocabulary: number, salt: number): (history: readonly number[]) => number[] {
  return (history) => {
    const state = history.reduce((sum, id) => (sum * 31 + id + 1) % 10007, salt);
    const weights = Array.from({ length: vocabulary }, (_, id) => {
      const phase = Math.sin((id + 1) * 12.9898 + state * 78.233) * 43758.5453;
      return (id === 2 ? 0.05 : 0.1) + (phase - Math.floor(phase)) * (id === 2 ? 0.3 : 1);
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  };
}
