/** What tasks that read examples have in common: layers in both directions, and a longest example. */

import { InputError, option } from '../../errors.ts';
import type { TaskFields } from './contract.ts';

/** Most tokens of an example. */
const MAX_LENGTH = 1000;

export function completeExamples(options: TaskFields): void {
  options.maxLength ??= MAX_LENGTH;
  options.bidirectional ??= true;
  if (options.merge === 'sum' && !options.bidirectional) {
    throw new InputError(`${option('merge')} is for bidirectional layers: leave it out.`);
  }
  options.merge = options.bidirectional ? (options.merge ?? 'concat') : null;
}
