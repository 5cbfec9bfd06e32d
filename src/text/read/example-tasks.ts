/** The tasks whose files hold examples. */

import { batchExamples, type ExampleBatches, type PlanOptions } from '../batches/index.ts';
import type { Examples } from '../types.ts';
import { classifyReading } from './classify.ts';
import type { ExampleReading } from './example-task.ts';
import { tagReading } from './tag.ts';
import { translateReading } from './translate.ts';

export const exampleTasks = {
  classify: classifyReading,
  tag: tagReading,
  translate: translateReading,
} satisfies Record<string, ExampleReading>;

export type ExampleTask = keyof typeof exampleTasks;

/** Batches of the examples of a task; see `batchExamples`. */
export function exampleBatches(task: ExampleTask, examples: Examples, options: PlanOptions): ExampleBatches {
  return batchExamples(exampleTasks[task].layOut, examples, options);
}
