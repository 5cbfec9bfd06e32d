/** Where the training data of each task comes from. */

import type { Task } from '../../model/index.ts';
import { exampleReader } from './examples.ts';
import { textReader } from './text.ts';
import type { DataReader } from './training-data.ts';

export interface TaskData {
  /** The file of corpora/ that is trained on when none is given. */
  corpus: string;
  read: DataReader;
  /** Whether what is validated on may be a folder, with a file a class. */
  folders: boolean;
  /** Whether the weights of one corpus are of use to another, so that a run may begin with those of another run. */
  transfers: boolean;
}

const text = { corpus: 'tales.txt', folders: false };
const examples = { folders: false, transfers: false };

export const TASKS: { readonly [T in Task]: TaskData } = {
  lm: { ...text, read: textReader({ fill: false }), transfers: true },
  fill: { ...text, read: textReader({ fill: true }), transfers: false },
  classify: { ...examples, corpus: 'names.tsv', read: exampleReader('classify'), folders: true },
  tag: { ...examples, corpus: 'tags.tsv', read: exampleReader('tag') },
  translate: { ...examples, corpus: 'numbers.tsv', read: exampleReader('translate') },
};
