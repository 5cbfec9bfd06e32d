/**
 * Every option of a training run, once: its flag, help, default, what values it takes, for which tasks it is, and
 * whether a resumed run may change it. The command line, `--config` files, the reader of `config.json`, the library's
 * types and their documentation, and the tables of the guide all go by it.
 */

import { choice } from './readers.ts';
import { type OptionValues, type TrainRow, trainRow } from './row.ts';
import { type TaskFields, taskNames, tasks } from './tasks/index.ts';
import { lengthOptions, machineOptions, modelOptions, optimizerOptions, textOptions } from './train-rows.ts';

const taskOption = {
  task: trainRow(choice(...taskNames), {
    value: 'task',
    help: taskNames.map((name) => `${name}: ${tasks[name].help}`).join('; '),
    default: 'lm',
  }),
};

type Fields = OptionValues<typeof taskOption> & TaskFields;

/**
 * A run's options, named like the flags. `null` means: not given, no limit, or of no use for the task. What each is stands
 * in its row of the tables, and in the built declarations.
 */
export interface TrainOptions extends Fields {}

/** Some options of a run; the others have their defaults. */
export interface GivenOptions extends Partial<Fields> {}

export type OptionName = keyof TrainOptions;

export type ScheduleName = TrainOptions['schedule'];

const { files, ...howRead } = textOptions;

/** The options as the help groups them. */
export const trainGroups = {
  text: { title: 'Text:', options: { files, ...taskOption, ...howRead } },
  model: { title: 'Model:', options: modelOptions },
  length: { title: 'Length of the run (whichever ends first; the schedule follows it):', options: lengthOptions },
  optimizer: { title: 'Optimizer:', options: optimizerOptions },
  machine: { title: 'Machine:', options: machineOptions },
};

export const trainOptions: { readonly [K in OptionName]: TrainRow<TrainOptions[K]> } = {
  ...trainGroups.text.options,
  ...trainGroups.model.options,
  ...trainGroups.length.options,
  ...trainGroups.optimizer.options,
  ...trainGroups.machine.options,
};

export const optionNames = Object.keys(trainOptions) as OptionName[];
