/** The options of a training run: how they are read, filled in, and what a resumed run may change. */

import { InputError, option } from '../errors.ts';
import type { Task } from '../model/index.ts';
import { tokenizerNames, tokenSchemes } from '../text/index.ts';
import { defaultLearningRate, readsWords } from './defaults.ts';
import { nearest } from './nearest.ts';
import { refusal } from './readers.ts';
import type { TaskChoice } from './row.ts';
import { type OptionName, optionNames, type TrainOptions, trainOptions } from './table.ts';
import { taskNames, tasks } from './tasks/index.ts';

/**
 * Checks values by the table; what is absent stays absent. Names may be written with dashes. `where` names the source
 * in errors (a file), and is empty for the command line and the library.
 *
 * @throws InputError for a name that is none, and a value that an option does not take.
 */
export function readOptions(values: object, where = ''): Partial<TrainOptions> {
  const options: Partial<TrainOptions> = {};
  for (const [key, value] of Object.entries(values)) {
    const name = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!Object.hasOwn(trainOptions, name)) {
      const meant = optionNames.find((one) => trainOptions[one].also?.includes(name)) ?? nearest(name, optionNames);
      const hint = meant === undefined ? '' : `: did you mean ${meant}?`;
      throw new InputError(`${where && `${where}: `}there is no option ${JSON.stringify(key)}${hint || '.'}`);
    }
    if (value !== undefined) readOption(options, name as OptionName, value, where);
  }
  return options;
}

function readOption<K extends OptionName>(into: Partial<TrainOptions>, name: K, value: unknown, where: string): void {
  const row = trainOptions[name];
  const read = row.read(value);
  if (read === undefined) throw refusal(where ? `${where}: "${name}"` : option(name), row, value);
  into[name] = read;
}

export const defaultOptions = Object.fromEntries(
  optionNames.map((name) => [name, trainOptions[name].default]),
) as unknown as TrainOptions;

/** Options whose defaults depend on nothing any more but the corpus. */
export type CompleteOptions = TrainOptions & { embedding: number; learningRate: number };

/** Options as given, the defaults filled in. Throws an InputError naming the options of an impossible combination. */
export function completeOptions(given: Partial<TrainOptions>): CompleteOptions {
  const task = tasks[given.task ?? defaultOptions.task];
  const options: TrainOptions = { ...defaultOptions, ...task.defaults, ...given };
  task.check?.(options);
  refuseUseless(options);
  task.complete(options, given);
  if (options.valid !== null) {
    if (given.valSplit) {
      throw new InputError(`${option('valid')} and ${option('valSplit')} exclude each other: give one of them.`);
    }
    options.valSplit = 0;
  }
  if (options.patience && options.valid === null && options.valSplit === 0) {
    throw new InputError(
      `${option('patience')} needs a validation set: give ${option('valid')} or a ${option('valSplit')} above 0.`,
    );
  }
  const embedding = options.embedding ?? (options.tie || readsWords(options) ? options.hidden : 0);
  if (options.tie && embedding !== options.hidden) {
    throw new InputError(
      `${option('tie')} needs ${option('embedding', options.hidden)}, the hidden size, not ${embedding}.`,
    );
  }
  if (options.softmax === 'adaptive') checkAdaptive(options);
  return { ...options, embedding, learningRate: options.learningRate ?? defaultLearningRate(options) };
}

/** Refuses what the task, the cell or the tokenizer at hand has no use for, but what is off or at its default. */
function refuseUseless(options: TrainOptions): void {
  for (const name of optionNames) {
    const { tasks: users, cells, tokenizers, default: standard } = trainOptions[name];
    if (options[name] === standard || !options[name]) continue;
    if (!usedBy(users).includes(options.task)) {
      throw new InputError(
        `${option(name)} is for ${option('task')} ${alternatives(usedBy(users))}, not ${options.task}: leave it out.`,
      );
    }
    if (cells && !cells.includes(options.cell)) {
      throw new InputError(`${option(name)} needs ${option('cell')} ${alternatives(cells)}.`);
    }
    if (tokenizers && !tokenizers.includes(options.tokenizer)) {
      throw new InputError(`${option(name)} needs ${option('tokenizer')} ${alternatives(tokenizers)}.`);
    }
  }
}

/** The tasks that a row means. */
export function usedBy(choice: TaskChoice | undefined): readonly Task[] {
  if (choice === undefined) return taskNames;
  if (typeof choice !== 'string') return choice;
  return taskNames.filter((task) => tasks[task].examples === (choice === 'examples'));
}

/** `a, b or c`. */
export function alternatives(names: readonly string[]): string {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function checkAdaptive({ tie, tokenizer }: TrainOptions): void {
  const adaptive = option('softmax', 'adaptive');
  if (tie) throw new InputError(`${adaptive} has no output row for each word: leave out ${option('tie')}.`);
  if (!tokenSchemes[tokenizer].largeVocabulary) {
    const large = tokenizerNames.filter((name) => tokenSchemes[name].largeVocabulary);
    throw new InputError(
      `${adaptive} is for large vocabularies: it needs ${option('tokenizer')} ${alternatives(large)}.`,
    );
  }
}

/**
 * Options for going on with a run: the recorded ones, with what `given` may change. Throws an InputError that names
 * an option that would change the model, or a limit below the recorded one.
 */
export function resumeOptions(recorded: CompleteOptions, given: Partial<TrainOptions>): CompleteOptions {
  for (const name of optionNames) {
    const value = given[name];
    const old = recorded[name];
    const { onResume } = trainOptions[name];
    if (value === undefined || value === old || onResume === 'change') continue;
    if (onResume === undefined) {
      throw new InputError(
        `${option(name, value)} would change the model: the run has ${old}; leave it out, or train a new run.`,
      );
    }
    if (old !== null && (value === null || value < old)) {
      throw new InputError(`${option(name)} may only be raised when resuming: the run has ${old}, not ${value}.`);
    }
  }
  return { ...recorded, ...given } as CompleteOptions;
}

/** `1m` -> 60 seconds, `500` -> 500 steps. */
export function parseInterval(text: string): { seconds: number } | { steps: number } {
  const count = Number.parseInt(text, 10);
  if (text.endsWith('s')) return { seconds: count };
  return text.endsWith('m') ? { seconds: 60 * count } : { steps: count };
}
