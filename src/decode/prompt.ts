/** How every decoder starts: from the state after a prompt. */

import { InputError } from '../errors.ts';
import type { StepModel } from './types.ts';

/**
 * Feeds a prompt to one row from the zero state; returns the state after it and the (1, V) log-probabilities of what comes next.
 * Throws an `InputError` if the prompt is empty: without a token in, no model says anything about the next.
 */
export function feedPrompt<S>(model: StepModel<S>, prompt: ArrayLike<number>): ReturnType<StepModel<S>['next']> {
  if (prompt.length === 0) throw new InputError('The prompt is empty; give at least one token.');
  let step = model.next(model.start(1), [prompt[0]]);
  for (let i = 1; i < prompt.length; i++) step = model.next(step.state, [prompt[i]]);
  return step;
}
