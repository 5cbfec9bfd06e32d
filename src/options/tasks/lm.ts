/** `lm`: the next token of a text. */

import { InputError, option } from '../../errors.ts';
import type { TaskOptions } from './contract.ts';
import { completeText } from './text.ts';

export const lm: TaskOptions = {
  help: 'tell the next token',
  examples: false,
  defaults: {},
  check({ bidirectional }) {
    if (!bidirectional) return;
    throw new InputError(
      `${option('bidirectional')} would show a language model the tokens that it is to tell: leave it out, or train with ${option('task', 'fill')}.`,
    );
  },
  complete: completeText,
};
