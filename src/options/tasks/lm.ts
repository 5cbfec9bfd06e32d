/** `lm`: the next token of a text. */

import { InputError, option } from '../../errors.ts';
import type { TaskOptions } from './contract.ts';
import { completeText } from './text.ts';

export const lm: TaskOptions = {
  help: 'tell the next token',
  examples: false,
  defaults: {},
  check({ bidirectional, format, columns, fileFormat }) {
    if (format !== 'labelled' && (columns !== null || fileFormat !== null)) {
      const name = option(columns === null ? 'fileFormat' : 'columns');
      throw new InputError(`${name} is for tables: leave it out, or add ${option('format', 'labelled')}.`);
    }
    if (!bidirectional) return;
    throw new InputError(
      `${option('bidirectional')} would show a language model the tokens that it is to tell: leave it out, or train with ${option('task', 'fill')}.`,
    );
  },
  complete: completeText,
};
