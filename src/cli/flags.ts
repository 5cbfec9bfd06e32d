/** Flags whose values are checked as they are read. */

import { Option } from 'commander';
import { integer, type Reader, refusal } from '../options/index.ts';

/** What takes memory for each, and is asked for side by side: hypotheses, samples, answers. */
export const sideBySide = integer(1, 100_000);

/** A flag with a value, refused with an InputError that names it unless `reader` takes the value. */
export function flag(flags: string, help: string, reader: Reader<unknown>): Option {
  const option = new Option(flags, help);
  return option.argParser((value: string) => {
    const read = reader.read(value);
    if (read === undefined) throw refusal(`--${option.name()}`, reader, value);
    return read;
  });
}
