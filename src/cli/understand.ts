/** What is meant by words of the command line that are shortened or other programs': said in a line, and taken for it. */

import type { Command } from 'commander';
import { InputError } from '../errors.ts';
import { alternatives, beginning } from '../options/index.ts';
import { otherFlags } from './flags.ts';
import { note } from './terminal.ts';

const said: string[] = [];

/** What words of this command line were taken for, a sentence each, as it was told when they were read. */
export function wordsUnderstood(): readonly string[] {
  return said;
}

function say(given: string, meant: string): void {
  const sentence = `${given} is read as ${meant}.`;
  said.push(sentence);
  note(sentence);
}

/**
 * The words with the names of flags that they mean: a start that no other flag has, another program's name, underscores or capitals
 * for dashes, one dash for two. What nothing can be made of stays as it is.
 *
 * @throws InputError for a start of several flags.
 */
export function understoodFlags(command: Command, words: readonly string[]): string[] {
  const flags = command.options.map(({ long }) => long!);
  const withValue = new Set(command.options.filter(({ required }) => required).map(({ long }) => long!));
  let valueComes = false;
  let over = false;
  return words.map((word) => {
    const isValue = valueComes;
    valueComes = false;
    over ||= word === '--' && !isValue;
    if (isValue || over || !/^(--|-[a-zA-Z])[a-zA-Z]/.test(word)) return word;
    const [given] = word.split('=', 1);
    const value = word.slice(given.length);
    const flag = flagMeant(given, flags, otherFlags(command));
    if (flag === undefined) return word;
    valueComes = withValue.has(flag) && value === '';
    if (flag !== given) say(given, flag);
    return flag + value;
  });
}

function flagMeant(given: string, flags: readonly string[], others: ReadonlyMap<string, string>): string | undefined {
  if (flags.includes(given)) return given;
  const plain = given
    .replace(/^--?/, '')
    .replaceAll('_', '-')
    .replace(/(?<=[a-z])[A-Z]/g, '-$&')
    .toLowerCase();
  const flag = `--${plain}`;
  if (flags.includes(flag)) return flag;
  const other = others.get(flag);
  if (other !== undefined) return other;
  const begun = beginning(flag, flags);
  if (begun.length > 1) throw new InputError(`${given} may be ${alternatives(begun)}: write more of it.`);
  return begun[0];
}

/** The name that a word is, or begins, or that `others` has for it; undefined if there is none. */
export function understoodName(
  word: string,
  names: readonly string[],
  others: Readonly<Record<string, string>> = {},
): string | undefined {
  if (names.includes(word)) return word;
  const begun = beginning(word, names);
  if (begun.length > 1) throw new InputError(`${word} may be ${alternatives(begun)}: write more of it.`);
  const name = begun[0] ?? (Object.hasOwn(others, word) ? others[word] : undefined);
  if (name !== undefined) say(word, name);
  return name;
}
