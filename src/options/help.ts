/** An option as the help, the guide and the library's documentation show it. */

import { flagName } from '../errors.ts';
import type { OptionRow, TrainRow } from './row.ts';
import { tasks } from './tasks/index.ts';

/** `--hidden <n>`; `files`. */
export function shownFlag(name: string, { value }: OptionRow<unknown>): string {
  return value === undefined ? flagName(name) : `${flagName(name)} <${value}>`;
}

/** The default, with those of the tasks that have another; undefined where there is none to show. */
export function shownDefault(name: string, row: OptionRow<unknown> | TrainRow<unknown>): string | undefined {
  if (!('default' in row)) return row.defaultText;
  const text = (value: unknown): string => (value === false ? 'off' : String(value));
  const others = Object.entries(tasks).flatMap(([task, { defaults }]) => {
    const own = Object.entries(defaults).find(([option]) => option === name);
    return own === undefined ? [] : [`${task}: ${text(own[1])}`];
  });
  return [row.defaultText ?? text(row.default), ...others].join('; ');
}

/** The help with the default behind it. */
export function shownHelp(name: string, row: OptionRow<unknown>): string {
  const shown = shownDefault(name, row);
  return shown === undefined ? row.help : `${row.help} (default: ${shown})`;
}
