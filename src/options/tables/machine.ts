/** Options of a training run: what it computes on. */

import { availableParallelism } from 'node:os';
import type { KernelChoice } from '../../kernels/index.ts';
import { boolean, choice, threadCount } from '../readers.ts';
import { trainRow } from '../row.ts';

export const machineOptions = {
  threads: trainRow(threadCount, {
    value: 'n',
    help: 'threads to compute on; the result does not depend on it',
    default: availableParallelism(),
    defaultText: 'one a core',
    onResume: 'change',
  }),
  kernel: trainRow(choice<KernelChoice>('auto', 'wide', 'fma', 'strict'), {
    value: 'variant',
    help: 'wide and fma give the same bits as each other, strict the same on every machine',
    default: 'auto',
    onResume: 'change',
  }),
  profile: trainRow(boolean, {
    help: 'report at the end where the time of the steps went, by phase',
    default: false,
    onResume: 'change',
  }),
};
