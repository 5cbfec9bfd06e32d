/** What a task has to say about options, and the options that it says it about. */

import type { OptionValues } from '../row.ts';
import type { lengthOptions, machineOptions, modelOptions, optimizerOptions, textOptions } from '../train-rows.ts';

/** All options of a training run but the task itself, which a task need not ask for. */
export interface TaskFields
  extends OptionValues<typeof textOptions>,
    OptionValues<typeof modelOptions>,
    OptionValues<typeof lengthOptions>,
    OptionValues<typeof optimizerOptions>,
    OptionValues<typeof machineOptions> {}

/** What is true of a task's options. */
export interface TaskOptions {
  /** What is learnt, and from which files, in the help of `--task`. */
  help: string;
  /** Whether its files hold examples, each read as a whole; otherwise they hold a text. */
  examples: boolean;
  /** Defaults that differ from the tables'. */
  defaults: Partial<TaskFields>;
  /** Throws an InputError for what the tables' rows allow and the task does not. */
  check?(options: TaskFields): void;
  /**
   * Fills in what was left open, where `options` are those given (`given`) on top of all defaults. Throws an InputError
   * for an impossible combination.
   */
  complete(options: TaskFields, given: Partial<TaskFields>): void;
}
