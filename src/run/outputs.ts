/** What the outputs of each task are chosen from. */

import type { Task } from '../model/index.ts';

/** The vocabulary of the inputs itself, a list of labels, or a vocabulary of the targets. */
export const OUTPUTS: { readonly [T in Task]: 'inputs' | 'labels' | 'targets' } = {
  lm: 'inputs',
  fill: 'inputs',
  classify: 'labels',
  tag: 'labels',
  translate: 'targets',
};
