/** A prompt: texts that are typed a line each, and commands with a colon that change options on the way. */

import { createInterface } from 'node:readline';
import { flagName, InputError } from '../errors.ts';
import { beginning, nearest, type OptionRow, type OptionTable, shownHelp } from '../options/index.ts';
import { isTyped, note, showError } from './terminal.ts';

/** Commands that are no options: what they do, as the help has it, and do. */
export type Actions = Readonly<Record<string, { help: string; run(): void }>>;

const QUIT = 'quit';
const HELP = 'help';

export interface PromptOptions {
  /** Options that may be changed. */
  table: OptionTable;
  /** Their values, which change. */
  flags: object;
  /** What to type. */
  hint: string;
  actions?: Actions;
}

/**
 * Answers texts from the standard input, on a terminal with a prompt and a history, until it ends. `:temperature 0.5` sets that
 * option, `:temperature` alone goes back to what it was at first. `::` begins a text with a colon. An InputError is said, and ends
 * nothing.
 *
 * @param answer is told by `stopped` whether Ctrl-C was typed meanwhile: then what is being written is to end.
 */
export async function answerTyped(
  { table, flags: given, hint, actions = {} }: PromptOptions,
  answer: (text: string, stopped: () => boolean) => Promise<void>,
): Promise<void> {
  // The table says what each of them takes.
  const flags = given as Record<string, unknown>;
  const first = { ...flags };
  const terminal = isTyped() && process.stderr.isTTY;
  const names = [...Object.keys(table).map(commandName), ...Object.keys(actions), HELP, QUIT];
  let answering = false;
  let stopped = false;

  const help = (): void => {
    for (const [name, row] of Object.entries(table)) {
      const value = row.value === undefined ? '' : ` <${row.value}>`;
      const now = flags[name] === undefined ? '' : ` (now ${String(flags[name])})`;
      note(`  :${commandName(name)}${value}  ${shownHelp(name, row)}${now}`);
    }
    for (const [name, { help }] of Object.entries(actions)) note(`  :${name}  ${help}`);
    note(`  :${QUIT}  end, as Ctrl-D does`);
    note('A text that begins with a colon is typed with two.');
  };

  /** Whether to go on after a command. */
  const obey = (line: string): boolean => {
    const [, given, value] = /^:(\S*)\s*(.*?)\s*$/.exec(line)!;
    const begun = beginning(given, names);
    const name = names.includes(given) ? given : begun.length === 1 ? begun[0] : undefined;
    if (name === undefined) {
      const meant = nearest(given, names);
      throw new InputError(
        `There is no command :${given}${meant ? `, did you mean :${meant}?` : `: see :${HELP},`} or begin a text with two colons.`,
      );
    }
    if (name === QUIT) return false;
    const run = name === HELP ? help : actions[name]?.run;
    if (run) {
      run();
      return true;
    }
    const [option, row] = Object.entries(table).find(([option]) => commandName(option) === name)!;
    flags[option] = value === '' && row.value !== undefined ? first[option] : read(name, row, value);
    return true;
  };

  const lines = createInterface({ input: process.stdin, ...(terminal ? { output: process.stderr } : {}), terminal });
  lines.on('SIGINT', () => {
    if (!answering) lines.close();
    stopped = true;
  });
  if (terminal) {
    note(`${hint} :${HELP} lists what can be changed, Ctrl-D ends.`);
    lines.prompt();
  }
  for await (const line of lines) {
    answering = true;
    stopped = false;
    try {
      if (line.startsWith(':') && !line.startsWith('::')) {
        if (!obey(line)) break;
      } else await answer(line.replace(/^::/, ':'), () => stopped);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      showError(error.message);
    }
    answering = false;
    if (terminal) lines.prompt();
  }
  lines.close();
  if (terminal) note('');
}

/** `topK` -> `top-k`. */
function commandName(option: string): string {
  return flagName(option).slice('--'.length);
}

function read(name: string, row: OptionRow<unknown>, value: string): unknown {
  if (row.value === undefined) return value !== 'off';
  const taken = row.repeatable ? row.read([value]) : row.read(value);
  if (taken === undefined) throw new InputError(`:${name} must be ${row.expects}, not ${value}.`);
  return taken;
}
