/** How every decoder starts: from the state after a prompt. */

import { InputError } from '../errors.ts';
import type { StepModel } from './types.ts';

/** A state of one row, and how many tokens of a prompt have been fed on the way to it. */
export interface Fed<S> {
  state: S;
  tokens: number;
}

/**
 * Feeds a prompt to one row, from the zero state or from the one after its first tokens; returns the state after it and the (1, V)
 * log-probabilities of what comes next. Throws an `InputError` if no token is left to feed: without one in, no model says anything
 * about the next.
 */
export function feedPrompt<S>(
  model: StepModel<S>,
  prompt: ArrayLike<number>,
  after: Fed<S> = { state: model.start(1), tokens: 0 },
): ReturnType<StepModel<S>['next']> {
  if (prompt.length <= after.tokens) throw new InputError('The prompt is empty; give at least one token.');
  let step = model.next(after.state, [prompt[after.tokens]]);
  for (let i = after.tokens + 1; i < prompt.length; i++) step = model.next(step.state, [prompt[i]]);
  return step;
}
