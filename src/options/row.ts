/** What an option is: a row of a table, from which its flag, help, type, documentation and checks come. */

import type { CellName, Task } from '../model/index.ts';
import type { ValueReader } from './readers.ts';

/** Tasks by name, or all that read a text, or all that read examples. */
export type TaskChoice = readonly Task[] | 'text' | 'examples';

/** An option of a command. Its flag is its key in the table, with dashes. */
export interface OptionRow<T> extends ValueReader<T> {
  /** What stands for the value in the help, `n` in `--hidden <n>`; absent for a flag without a value. */
  value?: string;
  /** What it is, with its unit: half a sentence. */
  help: string;
  /** How the help shows the default, where there is one that the value doesn't say. */
  defaultText?: string;
  /** Given without a flag, as the words of the command line. */
  argument?: true;
  /** The title that it stands under in the help of its command. */
  group?: string;
  /** What other programs call it, in camel case, where that is no start of its own name. */
  also?: readonly string[];
  /** May be given several times; the reader gets a list. */
  repeatable?: true;
  /** On or off by default as the task has it: there is a `--no-…` too. */
  negatable?: true;
  /** The tasks that use it; all if absent. */
  tasks?: TaskChoice;
}

/** An option of a training run. For tasks, cells and tokenizers that don't use it, it may only be off or at its default. */
export interface TrainRow<T> extends OptionRow<T> {
  default: T;
  /** The cells that use it; all if absent. */
  cells?: readonly CellName[];
  /** The tokenizers that use it; all if absent. */
  tokenizers?: readonly string[];
  /** What `--resume` allows: nothing if absent, as it would change the model; a larger value; or any. */
  onResume?: 'raise' | 'change';
}

export type OptionTable = Readonly<Record<string, OptionRow<unknown>>>;

/** The values of a table's options by name. */
export type OptionValues<Table extends OptionTable> = {
  -readonly [K in keyof Table]: Table[K] extends OptionRow<infer T> ? T : never;
};

export function row<T>(reader: ValueReader<T>, about: Omit<OptionRow<T>, keyof ValueReader<T>>): OptionRow<T> {
  return { ...reader, ...about };
}

export function trainRow<T>(
  reader: ValueReader<T>,
  about: Omit<TrainRow<NoInfer<T>>, keyof ValueReader<T>>,
): TrainRow<T> {
  return { ...reader, ...about };
}
