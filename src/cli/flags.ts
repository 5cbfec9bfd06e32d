/** Flags of a command from a table of options; each value is checked as it is read. */

import { type Command, Option } from 'commander';
import type { Model } from '../ask/index.ts';
import { flagName, InputError, option } from '../errors.ts';
import {
  alternatives,
  type OptionRow,
  type OptionTable,
  refusal,
  shownFlag,
  shownHelp,
  usedBy,
} from '../options/index.ts';

const others = new WeakMap<Command, Map<string, string>>();

/** Flags by the names that other programs have for them. */
export function otherFlags(command: Command): Map<string, string> {
  const known = others.get(command) ?? new Map<string, string>();
  others.set(command, known);
  return known;
}

/** Adds a flag for each option of the table, in the help under the row's own title, or `title`. */
export function addFlags(command: Command, table: OptionTable, title?: string): void {
  for (const [name, row] of Object.entries(table)) {
    if (row.argument) continue;
    const group = row.group ?? title;
    const add = (flag: Option) => command.addOption(group === undefined ? flag : flag.helpGroup(group));
    const flag = new Option(shownFlag(name, row), shownHelp(name, row));
    // Commander takes every --no-… for the opposite of another flag, and --no-repeat-ngram is of none.
    flag.negate = false;
    if (row.repeatable) flag.argParser<unknown>((value, before) => read(name, row, [...listOf(before), value]));
    else if (row.value !== undefined) flag.argParser((value) => read(name, row, value));
    add(flag);
    for (const other of row.also ?? []) otherFlags(command).set(flagName(other), flagName(name));
    if (row.negatable) add(new Option(flagName(name).replace('--', '--no-')));
  }
}

/** Adds commands to a command's help, each with what it does. */
export function addExamples(command: Command, examples: Readonly<Record<string, string>>): void {
  const lines = Object.entries(examples).flatMap(([example, does]) => [`  # ${does}`, `  ${example}`]);
  command.addHelpText('after', ['', 'Examples:', ...lines].join('\n'));
}

/** The values of a repeatable flag so far. */
function listOf(before: unknown): unknown[] {
  return Array.isArray(before) ? before : [];
}

function read(name: string, row: OptionRow<unknown>, value: unknown): unknown {
  const taken = row.read(value);
  if (taken === undefined) throw refusal(option(name), row, value);
  return taken;
}

/** Throws an InputError for a flag that is for runs of other tasks than the model's. */
export function refuseOtherTasks(table: OptionTable, flags: object, { folder, config }: Model): void {
  const { task } = config.options;
  for (const name of Object.keys(flags)) {
    const users = usedBy(table[name]?.tasks);
    if (users.includes(task)) continue;
    throw new InputError(
      `${option(name)} is for runs of ${option('task')} ${alternatives(users)}, and ${folder} is of ${task}: leave it out.`,
    );
  }
}

/** Options of decoding that only say how another one is to be followed. */
const NEEDS = {
  lengthPenalty: 'beam',
  beamGroups: 'beam',
  beamDiversity: 'beamGroups',
  repetitionWindow: 'repetitionPenalty',
} as const;

/** Throws an InputError for a flag without the one that it belongs to, and for groups that don't part the beam evenly. */
export function checkNeeds(
  flags: { readonly [K in keyof typeof NEEDS | 'beam' | 'repetitionPenalty']?: number },
): void {
  for (const [name, needed] of Object.entries(NEEDS)) {
    if (flags[name as keyof typeof NEEDS] === undefined || flags[needed] !== undefined) continue;
    throw new InputError(`${option(name)} needs ${option(needed)}.`);
  }
  const { beam, beamGroups } = flags;
  if (beam !== undefined && beamGroups !== undefined && beam % beamGroups !== 0) {
    throw new InputError(
      `${option('beam', beam)} can't be parted into ${option('beamGroups', beamGroups)}: give a multiple of ${beamGroups}.`,
    );
  }
}
