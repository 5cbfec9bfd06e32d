/** The shared memory itself. */

import { totalmem } from 'node:os';
import { InputError } from '../../errors.ts';

const PAGE = 65536;
const LARGEST_MEMORY = 65536 * PAGE;

/**
 * Memory that all threads map. `advice` says what would need less.
 * @throws InputError when that is more than WebAssembly (4 GiB), the machine or its container has.
 */
export function createMemory(bytes: number, advice: string): WebAssembly.Memory {
  const megabytes = (n: number): string => `${Math.ceil(n / 2 ** 20).toLocaleString('en')} MB`;
  // A container may have less than the machine.
  const limit = Math.min(LARGEST_MEMORY, totalmem(), process.constrainedMemory() || Infinity);
  if (bytes > limit) {
    throw new InputError(
      `This model needs ${megabytes(bytes)} of memory, the limit is ${megabytes(limit)}; ${advice}.`,
    );
  }
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    throw new InputError(`This model needs ${megabytes(bytes)} of memory, more than the system gives; ${advice}.`);
  }
}
