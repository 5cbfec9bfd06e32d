/** What values an option takes, whether they come from a command line (as text) or from JSON. */

import { InputError } from '../errors.ts';
import { nearest } from './nearest.ts';

export interface ValueReader<T> {
  /** Ends the sentence "it must be …". */
  expects: string;
  /** The values, where it takes some words alone. */
  choices?: readonly string[];
  /** `undefined` when the value won't do. */
  read(value: unknown): T | undefined;
}

/** More than any count is. */
export const COUNT = Number.MAX_SAFE_INTEGER;

/** Units, tokens or rows beyond which a number is surely a slip. */
export const MOST_SIZE = 65_536;

function number(value: unknown): number {
  if (typeof value === 'number') return value + 0; // -0 becomes 0
  return typeof value === 'string' && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : NaN;
}

/** 10000 -> 10,000. Not by `toLocaleString`, whose first call takes ten milliseconds of every start. */
function thousands(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function integer(least: number, most: number): ValueReader<number> {
  return {
    expects: most === COUNT ? `a whole number, ${least} or more` : `a whole number from ${least} to ${thousands(most)}`,
    read(value) {
      const n = number(value);
      return Number.isSafeInteger(n) && n >= least && n <= most ? n : undefined;
    },
  };
}

export function real(expects: string, accepts: (n: number) => boolean): ValueReader<number> {
  return {
    expects,
    read(value) {
      const n = number(value);
      return Number.isFinite(n) && accepts(n) ? n : undefined;
    },
  };
}

export function choice<T extends string>(...names: readonly T[]): ValueReader<T> {
  return {
    expects: `one of ${names.join(', ')}`,
    choices: names,
    read: (value) => names.find((name) => name === value),
  };
}

export function optional<T>(reader: ValueReader<T>): ValueReader<T | null> {
  return { ...reader, read: (value) => (value === null ? null : reader.read(value)) };
}

export const boolean: ValueReader<boolean> = {
  expects: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

export const share = real('a share from 0 to less than 1', (n) => n >= 0 && n < 1);

export const atLeast0 = real('a number, 0 or more', (n) => n >= 0);

export const above0 = real('a number above 0', (n) => n > 0);

/** Computed or kept side by side, each in memory of its own: hypotheses, samples, answers. */
export const sideBySide = integer(1, 100_000);

/** Threads to compute on. */
export const threadCount = integer(1, 256);

export const text: ValueReader<string> = {
  expects: 'a text',
  read: (value) => (typeof value === 'string' ? value : undefined),
};

export const texts: ValueReader<string[]> = {
  expects: 'a list of texts',
  read: (value) => (Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined),
};

export const path: ValueReader<string> = {
  expects: 'the path of a file',
  read: (value) => (typeof value === 'string' && value !== '' && !value.includes('\0') ? value : undefined),
};

export const paths: ValueReader<string[]> = {
  expects: 'a list of files',
  read: (value) => (Array.isArray(value) && value.every((one) => path.read(one) !== undefined) ? value : undefined),
};

export const interval: ValueReader<string> = {
  expects: 'a number of steps, or a time such as 30s or 5m',
  read: (value) => (/^[1-9]\d{0,8}[sm]?$/.test(String(value)) ? String(value) : undefined),
};

/** The names of a type's options, all of them. */
export type Named<Options> = { readonly [Name in keyof Required<Options>]: true };

/** Throws an InputError for an option that is none of those known: a slip of the pen that would otherwise go unnoticed. */
export function refuseUnknown(options: object, known: Readonly<Record<string, true>>): void {
  const other = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (other === undefined) return;
  throw new InputError(`there is no option ${JSON.stringify(other)}; there are ${Object.keys(known).join(', ')}.`);
}

/** The error for a value that a reader refused. */
export function refusal(name: string, { expects, choices }: ValueReader<unknown>, value: unknown): InputError {
  const meant = choices && typeof value === 'string' ? nearest(value, choices) : undefined;
  return new InputError(
    `${name} must be ${expects}, not ${shown(value)}${meant === undefined ? '.' : `: did you mean ${meant}?`}`,
  );
}

function shown(value: unknown): string {
  // Not written out: what a stranger nests may be too deep for that.
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
