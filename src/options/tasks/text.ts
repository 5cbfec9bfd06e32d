/** What tasks that read a text have in common: dropout between layers alone. */

import { InputError, option } from '../../errors.ts';
import type { TaskFields } from './contract.ts';

/** The default corpus is small: with less, a minute's run is at its best a third of the way. */
const DROPOUT_OF_DEFAULT_CORPUS = 0.4;

export function completeText(options: TaskFields, given: Partial<TaskFields>): void {
  if (given.dropout && options.layers === 1) {
    throw new InputError(`${option('dropout')} is between layers: it needs ${option('layers', 2)} or more.`);
  }
  if (given.dropout === undefined && options.files.length === 0) options.dropout = DROPOUT_OF_DEFAULT_CORPUS;
  if (options.layers === 1) options.dropout = 0;
}
