/** `fill`: a token of a text by those before and after it. */

import { InputError, option } from '../../errors.ts';
import type { TaskOptions } from './contract.ts';
import { completeText } from './text.ts';

export const fill: TaskOptions = {
  help: 'tell a token by those before and after it',
  examples: false,
  defaults: {},
  check({ bidirectional, format }) {
    if (bidirectional) {
      throw new InputError(
        `${option('task', 'fill')} reads both ways as it is, in two stacks that see no position itself: leave out ${option('bidirectional')}.`,
      );
    }
    if (format === 'labelled') {
      throw new InputError(`${option('format', 'labelled')} is for ${option('task', 'lm')}, not fill.`);
    }
  },
  complete: completeText,
};
