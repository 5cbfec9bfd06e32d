/** The tasks that a network can be trained for, each a file of its own. */

import type { Task } from '../../model/index.ts';
import type { ExampleTask } from '../../text/index.ts';
import { classify } from './classify.ts';
import type { TaskOptions } from './contract.ts';
import { fill } from './fill.ts';
import { lm } from './lm.ts';
import { tag } from './tag.ts';
import { translate } from './translate.ts';

export type { TaskFields } from './contract.ts';

export const tasks: { readonly [T in Task]: TaskOptions } = { lm, classify, tag, translate, fill };

export const taskNames = Object.keys(tasks) as Task[];

/** Whether a task's files hold examples, each read as a whole, in place of a text. */
export function isExampleTask(task: Task): task is ExampleTask {
  return tasks[task].examples;
}
